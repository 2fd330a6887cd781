# Makes the openjdk image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
install_packages
home=/usr/lib/jvm/java-21-openjdk-i386
modules=java.base,java.compiler,java.instrument,java.logging,java.management,java.naming,java.net.http,java.prefs,java.rmi,java.scripting,java.security.jgss,java.sql,java.transaction.xa,java.xml,jdk.attach,jdk.charsets,jdk.compiler,jdk.crypto.ec,jdk.httpserver,jdk.jartool,jdk.jcmd,jdk.jdeps,jdk.jdi,jdk.jdwp.agent,jdk.jshell,jdk.jstatd,jdk.management,jdk.net,jdk.unsupported,jdk.zipfs
# The client machine compiles quickly and little: an emulated processor has to translate all that a compiler writes once more.
# Classes that every start loads are kept parsed (CDS).
$home/bin/jlink --add-modules $modules --vm=client --no-man-pages --output /tmp/jdk
# signatures of older Javas' classes, a tenth of the image, for `javac --release` only
rm -rf /tmp/jdk/legal /tmp/jdk/lib/ct.sym
ln -sf /etc/ssl/certs/java/cacerts /tmp/jdk/lib/security/cacerts
drop_packages libnss3 libnspr4 libpcsclite1 liblcms2-2 libjpeg62-turbo
rm -rf $home /etc/java-21-openjdk /etc/.java
mv /tmp/jdk $home
$home/bin/java -Xshare:dump >/dev/null
finish
java -Xshare:on -version
# the sandbox's authority is among those that Java trusts
keytool -list -cacerts -storepass changeit | grep -i drydock
cd /tmp
printf 'class Try { public static void main(String[] a) throws Exception { System.out.println(java.net.http.HttpClient.newHttpClient().version()); } }' >Try.java
javac Try.java
[ "$(java Try)" = HTTP_2 ]
rm Try*
