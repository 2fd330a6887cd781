# Makes the openjdk image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
install_packages
home=/usr/lib/jvm/java-21-openjdk-i386
modules=java.base,java.compiler,java.datatransfer,java.desktop,java.instrument,java.logging,java.management,java.naming,java.net.http,java.prefs,java.rmi,java.scripting,java.security.jgss,java.sql,java.transaction.xa,java.xml,jdk.attach,jdk.charsets,jdk.compiler,jdk.crypto.ec,jdk.httpserver,jdk.jartool,jdk.jcmd,jdk.jdeps,jdk.jdi,jdk.jdwp.agent,jdk.jshell,jdk.jstatd,jdk.management,jdk.net,jdk.unsupported,jdk.zipfs
# The client machine compiles quickly and little: an emulated processor has to translate all that a compiler writes once more.
# Classes that every start loads are kept parsed (CDS).
$home/bin/jlink --add-modules $modules --vm=client --no-man-pages --output /tmp/jdk
# signatures of older Javas' classes, a tenth of the image, for `javac --release` only
rm -rf /tmp/jdk/legal /tmp/jdk/lib/ct.sym
ln -sf /etc/ssl/certs/java/cacerts /tmp/jdk/lib/security/cacerts
drop_packages libnss3 libnspr4 libpcsclite1
rm -rf $home /etc/java-21-openjdk /etc/.java
mv /tmp/jdk $home
$home/bin/java -Xshare:dump >/dev/null
finish
java -Xshare:on -version
# the sandbox's authority is among those that Java trusts
keytool -list -cacerts -storepass changeit | grep -i drydock
cd /tmp
# what logging libraries, and programs that draw images, use of the desktop
cat >Beans.java <<'JAVA'
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.beans.Introspector;
import java.beans.PropertyChangeSupport;
import java.io.ByteArrayOutputStream;
import java.beans.XMLEncoder;
import javax.imageio.ImageIO;
class Beans {
    public int getSize() { return 1; }
    public static void main(String[] a) throws Exception {
        var changes = new PropertyChangeSupport(new Object());
        changes.addPropertyChangeListener(event -> System.out.println(event.getPropertyName()));
        changes.firePropertyChange("fired", 1, 2);
        System.out.println(Introspector.getBeanInfo(Beans.class).getPropertyDescriptors().length);
        try (var encoder = new XMLEncoder(new ByteArrayOutputStream())) { encoder.writeObject(new int[] { 1 }); }
        var image = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
        var graphics = image.createGraphics();
        graphics.setColor(Color.RED);
        graphics.fillRect(0, 0, 8, 8);
        System.out.println(ImageIO.write(image, "png", new ByteArrayOutputStream()) && ImageIO.write(image, "jpg", new ByteArrayOutputStream()));
    }
}
JAVA
[ "$(java Beans.java | tr '\n' ' ')" = "fired 2 true " ]
printf 'class Try { public static void main(String[] a) throws Exception { System.out.println(java.net.http.HttpClient.newHttpClient().version()); } }' >Try.java
javac Try.java
[ "$(java Try)" = HTTP_2 ]
rm Try* Beans*
