# Makes the python image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
install_packages
trust_the_sandbox_alone
# a table of file types that Python has one of its own for, and reads in addition: 40 M instructions of each pip
drop_packages media-types
# what no program in a container reads; pip may install into this system: it is the student's own
rm -rf /usr/lib/python3.13/test /usr/lib/python3.13/idlelib /usr/lib/python3.13/turtledemo /usr/lib/python3.13/ensurepip /usr/lib/python3.13/EXTERNALLY-MANAGED

ln -s python3 /usr/bin/python
# where scripts and settings written for the image of this name find it
for name in python python3 python3.13; do ln -s /usr/bin/python3.13 /usr/local/bin/$name; done
python3 -m zipfile -e /usr/share/python-wheels/pip-*.whl /usr/local/lib/python3.13/dist-packages
rm -rf /usr/share/python-wheels
cp /pip/_pip_start.py /usr/local/lib/python3.13/dist-packages
for name in pip pip3 pip3.13; do
    install -m 755 /pip/pip /usr/local/bin/$name
done
# no-compile: python.lab's wheels bring their bytecode along, and compiling is half of what pip costs an emulated processor
# (2,200 of 4,700 M instructions for Flask and flask_restful); what comes from elsewhere is compiled at its first import.
# no-cache-dir: the index is in the page, and nothing is gained by a copy of it in an image's layer. pip reads both settings
# as answers to "compile?" and "keep a cache?": "no" is what the options' names say.
cat >/etc/pip.conf <<'CONF'
[global]
index-url = http://python.lab/simple/
trusted-host = python.lab
disable-pip-version-check = true
no-input = true
progress-bar = off
root-user-action = ignore
break-system-packages = true
no-cache-dir = no
[install]
no-compile = no
CONF

# An emulated CPU takes seconds to compile what a container needs at its start. Bytecode that is never checked against its
# source ("unchecked") spares two file lookups a module as well. The compiler must not find, nor write, bytecode of the other kind:
# it compares times, and the files of a layer all get one date. With such the modules that the compiler uses itself, 54 of those
# that pip and Flask use, were compiled anew at each start.
find / -xdev -name __pycache__ -type d -prune -exec rm -rf {} +
python3 -B -m compileall -f -q -j 2 --invalidation-mode unchecked-hash /usr/lib/python3 /usr/lib/python3.13 /usr/local/lib/python3.13/dist-packages
python3 -B /pip/compile_plain.py /usr/local/lib/python3.13/dist-packages/pip
mkdir -p /usr/local/libexec/drydock
python3 -B /pip/prepare.py /usr/local/libexec/drydock/pip-start
finish
