# Makes the openjdk image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
install_packages
home=/usr/lib/jvm/java-21-openjdk-i386
modules=java.base,java.compiler,java.instrument,java.logging,java.management,java.naming,java.net.http,java.prefs,java.rmi,java.scripting,java.security.jgss,java.sql,java.transaction.xa,java.xml,jdk.attach,jdk.charsets,jdk.compiler,jdk.crypto.ec,jdk.httpserver,jdk.jartool,jdk.jcmd,jdk.jdeps,jdk.jdi,jdk.jdwp.agent,jdk.jshell,jdk.jstatd,jdk.management,jdk.net,jdk.unsupported,jdk.zipfs
# The client machine compiles quickly and little: an emulated processor has to translate all that a compiler writes once more.
# Classes that every start loads are kept parsed (CDS).
$home/bin/jlink --add-modules $modules --vm=client --no-man-pages --output /tmp/jdk
rm -rf /tmp/jdk/legal
cp -a $home/lib/ct.sym /tmp/jdk/lib/ 2>/dev/null || true
rm -f /tmp/jdk/lib/security/cacerts
cp -L /etc/ssl/certs/java/cacerts /tmp/jdk/lib/security/cacerts
drop_packages libnss3 libnspr4 libpcsclite1 liblcms2-2 libjpeg62-turbo
rm -rf $home /etc/java-21-openjdk /etc/.java
mv /tmp/jdk $home
$home/bin/java -Xshare:dump >/dev/null
finish
java -Xshare:on -version
