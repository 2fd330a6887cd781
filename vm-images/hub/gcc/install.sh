# Makes the gcc image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
install_packages
drop_packages libasan8 libubsan1 libitm1 libcc1-0 libgprofng0 rpcsvc-proto libquadmath0
cd /usr/lib/gcc/i686-linux-gnu/14
rm -rf lib*san*.a libitm.a libgomp.a libquadmath.a libgcov.a libcaf_single.a plugin finclude
cd /usr/libexec/gcc/i686-linux-gnu/14
rm -rf lto1 plugin
rm -f /usr/bin/*lto-dump* /usr/bin/*gcov* /usr/bin/*gprof* /usr/bin/*-gp-* /usr/bin/*dwp* /usr/bin/*ld.gold /usr/bin/gold
rm -rf /usr/lib/i386-linux-gnu/gprofng /usr/share/gcc /usr/share/gdb
finish
# a compiler that lost too much fails here, not in a lesson
cd /tmp
printf '#include <stdio.h>\n#include <math.h>\n#include <pthread.h>\nint main(int n, char **v) { printf("%%.1f\\n", sqrt(n) + !v); return 0; }\n' >try.c
gcc -Wall -O2 -static -o try try.c -lm
[ "$(./try)" = 1.0 ]
gcc -g -o try try.c -lm
[ "$(./try)" = 1.0 ]
printf '#include <iostream>\n#include <map>\n#include <string>\nint main() { std::map<std::string, int> m{{"a", 1}}; std::cout << m.size() << std::endl; }\n' >try.cc
g++ -Wall -O2 -static -o try try.cc
[ "$(./try)" = 1 ]
g++ -g -o try try.cc
[ "$(./try)" = 1 ]
rm try try.c try.cc
