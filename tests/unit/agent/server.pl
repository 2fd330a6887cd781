# A small HTTP server for the agent's tests, in a language that every Debian has. Prints its port, then serves until it is killed.
# Usage: perl server.pl [socket path]
use strict;
use warnings;
use IO::Socket::INET;
use IO::Socket::UNIX;
$| = 1;
$SIG{CHLD} = 'IGNORE';
my $listener = @ARGV
    ? IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 20)
    : IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 20, ReuseAddr => 1);
die "cannot listen: $!" unless $listener;
print @ARGV ? "ready\n" : $listener->sockport . "\n";
my $connections = 0;
while (1) {
    my $socket = $listener->accept or next;
    $connections++;
    my $child = fork;
    if ($child) { close $socket; next; }
    close $listener;
    while (serve($socket)) { }
    exit;
}

sub serve {
    my ($socket) = @_;
    my $first = <$socket>;
    return 0 unless defined $first;
    my ($method, $path) = split ' ', $first;
    my (%headers, $all);
    while (my $line = <$socket>) {
        $line =~ s/\r?\n//;
        last if $line eq '';
        $all .= "$line\n";
        my ($name, $value) = split /:\s*/, $line, 2;
        $headers{lc $name} = $value;
    }
    my $body = '';
    if (defined $headers{'content-length'}) { read $socket, $body, $headers{'content-length'}; }
    elsif (($headers{'transfer-encoding'} // '') eq 'chunked') {
        while (my $size = hex(<$socket> // 0)) { my $piece; read $socket, $piece, $size; <$socket>; $body .= $piece; }
        <$socket>;
    }
    my $send = sub { my ($status, $lines, $text) = @_; print $socket "HTTP/1.1 $status\r\n$lines" . "Content-Length: " . length($text) . "\r\n\r\n" . ($method eq 'HEAD' ? '' : $text); $socket->flush; 1 };
    return $send->('200 OK', "Content-Type: text/plain\r\n", "$method $path $connections\n$all\n$body") if $path =~ m{^/echo};
    return $send->('200 OK', '', length $body) if $path eq '/length';
    return $send->('302 Found', "Location: /there\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n", '') if $path eq '/redirect';
    return $send->('200 OK', '', 'x' x (4 << 20)) if $path eq '/big';
    if ($path eq '/empty') { print $socket "HTTP/1.1 204 No Content\r\n\r\n"; $socket->flush; return 1; }
    if ($path eq '/chunked') {
        print $socket "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Encoding: gzip\r\n\r\n3\r\none\r\n";
        $socket->flush;
        print $socket "3\r\ntwo\r\n0\r\n\r\n";
        $socket->flush;
        return 1;
    }
    if ($path eq '/broken') { print $socket "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes!"; $socket->flush; return 0; }
    if ($path eq '/rubbish') { print $socket "this is not HTTP\n"; $socket->flush; return 0; }
    if ($path eq '/endless') {
        $SIG{PIPE} = sub { exit };
        print $socket "HTTP/1.1 200 OK\r\n\r\n";
        while (1) { print $socket 'y' x 4096 or exit; $socket->flush; }
    }
    if ($path eq '/silent') { my $rest = <$socket>; exit; } # ends when the client goes
    return $send->('404 Not Found', '', 'not found');
}
