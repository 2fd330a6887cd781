/**
 * What each image of the sandbox's Docker Hub promises, taken from the documentation of the image whose name it bears: one table,
 * checked against the running images. docs/images.md says the same for people, and what cannot be promised.
 */
export interface ImagePromises {
    ref: string;
    /** Of the image's configuration; what is not named is not looked at. `null`: must be empty. */
    config: {
        entrypoint?: readonly string[] | null;
        command?: readonly string[] | null;
        user?: string;
        folder?: string;
        ports?: readonly string[];
        volumes?: readonly string[];
        stopSignal?: string;
        /** Names of variables that must be set. */
        variables?: readonly string[];
    };
    /** Lines of sh, all in one container whose entrypoint they replace; each holds when it ends with 0. */
    inside: Readonly<Record<string, string>>;
    /** Lines of sh beside the engine, in their order; each holds when it ends with 0. Containers and volumes are removed after the last. */
    outside?: Readonly<Record<string, string>>;
}

const has = (...programs: string[]): string =>
    `for program in ${programs.join(" ")}; do command -v $program >/dev/null || { echo "no $program"; exit 1; }; done`;
const logs = (name: string, pattern: string): string => `docker logs ${name} 2>&1 | grep -q ${JSON.stringify(pattern)}`;

/** Of each image with the layer of alpine-like. */
const alpineCommands: ImagePromises["inside"] = {
    "programs that the smallest Debian lacks": has(
        ..."apk ash vi wget nc ping ps top free less tree ip ifconfig netstat nslookup unzip bzip2 xxd killall pkill".split(
            " ",
        ),
    ),
    "adduser and addgroup take BusyBox's options":
        "addgroup -S app && adduser -S app -G app && adduser -D -u 1234 me && [ $(id -gn app) = app ] && [ $(id -u me) = 1234 ] && [ -d /home/me ]",
    "the shell knows what Alpine's scripts use":
        "sh -c '[ a == a ] && [[ a = a ]] && echo true >/tmp/s && source /tmp/s'",
    "apk has nothing to fetch for what is there": "apk add --no-cache bash coreutils tzdata | grep -q '^OK: '",
    "apk says what is not here, and ends with 1":
        "apk add --no-cache git 2>/tmp/said; [ $? = 1 ] && grep -q 'git (no such package)' /tmp/said && grep -q 'git is not in this sandbox' /tmp/said",
    "su-exec comes with apk": "apk add --no-cache su-exec && adduser -D you && [ $(su-exec you id -un) = you ]",
};

export const imagePromises: readonly ImagePromises[] = [
    {
        ref: "hello-world",
        config: { entrypoint: null, command: ["/hello"] },
        inside: {},
        outside: { "greets, and ends with 0": "docker run --rm hello-world | grep -q '^Hello from Docker!'" },
    },
    {
        ref: "busybox",
        config: { entrypoint: null, command: ["sh"] },
        inside: {
            "the applets of its upstream's defaults": has(
                ..."adduser addgroup deluser delgroup su passwd chpasswd login ash hush ar awk base32 base64 bc dc blkid bunzip2 bzip2 cal chattr cmp comm cpio crond crontab cryptpw cttyhack dd devmem df dhcprelay diff dos2unix dpkg dpkg-deb du ed env expand expr factor fallocate find flock fold free ftpd ftpget ftpput fuser getopt getty grep gzip hd head hexdump hostname httpd hwclock id inetd install iostat ip ipcalc ipcs kill killall less link logger logread losetup lpd ls lsof lspci lzma makemime man md5sum mesg microcom mkfifo mktemp more mount mpstat mv nc netstat nice nl nmeter nohup nproc nsenter nslookup ntpd od patch pgrep pidof ping ping6 pkill pmap printf ps pscan pstree pwdx rdate readahead readlink realpath renice reset rev rpm rpm2cpio run-parts runsv runsvdir script sed sendmail seq setpriv setsid sha1sum sha256sum sha3sum shred shuf sort split ssl_client start-stop-daemon stat strings stty sum sv sync sysctl syslogd tac tail tar taskset tee telnet telnetd tftp tftpd time timeout top touch tr traceroute tree tsort tty tunctl ubirename udhcpc udhcpd uniq unix2dos unlzma unshare unxz unzip uptime usleep uudecode uuencode vi volname watch wc wget whois xargs xxd xz xzcat yes zcat zcip".split(
                    " ",
                ),
            ),
            "adduser and addgroup write the files that names come from":
                "adduser -D -u 1000 me && addgroup -S crew && adduser -S -G crew -H sailor && [ $(id -u me) = 1000 ] && [ $(id -gn sailor) = crew ] && su me -s /bin/sh -c 'cd && touch mine'",
            "the users and groups that Dockerfiles name":
                "[ $(id -u www-data) = 33 ] && [ $(id -u nobody) = 65534 ] && grep -q ^users: /etc/group && grep -q ^wheel: /etc/group",
            folders: "[ -d /root ] && [ -d /home ] && [ -d /var/www ] && [ -k /tmp ] && [ -x /usr/bin/env ]",
            "letters of other languages are letters": "[ \"$(printf 'gr\\303\\274n\\n' | wc -m)\" = 5 ]",
            "httpd serves, wget fetches by name":
                'mkdir /tmp/w && echo hi >/tmp/w/index.html && httpd -p 8000 -h /tmp/w && [ "$(wget -qO- http://localhost:8000/)" = hi ]',
            "vi, awk, sed, tar, gzip do what they are for":
                "cd /tmp && echo a b | awk '{ print $2 }' | sed s/b/c/ | grep -q c && tar -czf x.tgz w && tar -tzf x.tgz | grep -q w/index.html",
        },
    },
    {
        ref: "debian:trixie-slim",
        config: { entrypoint: null, command: ["bash"] },
        inside: {
            "Debian's smallest system": `${has("bash", "apt-get", "dpkg", "useradd", "groupadd", "find", "sed", "awk", "tar", "gzip", "perl", "setpriv")} && . /etc/os-release && [ $VERSION_CODENAME = trixie ]`,
            "no package lists: apt-get update comes first": '[ -z "$(ls /var/lib/apt/lists)" ]',
        },
    },
    {
        ref: "alpine-like",
        config: { entrypoint: null, command: ["/bin/sh"] },
        inside: {
            ...alpineCommands,
            "a set of packages comes and goes by its name":
                "apk add --no-cache --virtual .build-deps tree 'jq=1.7-r0' 2>/tmp/said && grep -q 'the version is not chosen' /tmp/said && jq --version && apk del .build-deps && ! apk info -e jq && ! ls /var/cache/apk/ | grep Packages",
            "what another set needs stays":
                "apk update && apk add -q --virtual .a jq && apk add -q jq && apk del .a && apk info -e jq && rm -rf /var/cache/apk/*",
            "dpkg's records are in order": "dpkg --audit && apt-get check",
        },
    },
    {
        ref: "node:20-alpine-like",
        config: { entrypoint: ["docker-entrypoint.sh"], command: ["node"], variables: ["NODE_VERSION"] },
        inside: { ...alpineCommands, "node and npm": "node --version && npm --version" },
    },
    {
        ref: "nginx:alpine-like",
        config: { entrypoint: ["/docker-entrypoint.sh"], command: ["nginx", "-g", "daemon off;"], ports: ["80/tcp"] },
        inside: { ...alpineCommands, "the settings are sound": "nginx -t" },
    },
    {
        ref: "ruby:3.3",
        config: {
            entrypoint: null,
            command: ["irb"],
            variables: ["LANG", "RUBY_VERSION", "GEM_HOME", "BUNDLE_APP_CONFIG"],
        },
        inside: {
            programs: `${has("ruby", "gem", "bundle", "bundler", "irb", "rake", "erb")} && [ -x /usr/local/bin/ruby ]`,
            "the standard library":
                "ruby -rjson -ryaml -ropenssl -rsocket -rnet/http -rerb -rcsv -rzlib -rset -rbigdecimal -rfiddle -rwebrick -e 'exit RUBY_VERSION.start_with?(%(3.3.))'",
            "bundle takes the gems that are here": `mkdir /tmp/g && cd /tmp/g && printf 'source "https://rubygems.org"\\ngem "sinatra"\\ngem "puma"\\ngem "rackup"\\n' >Gemfile && bundle install && bundle exec ruby -e 'require "sinatra/base"'`,
            "a gem that is here need not come": "gem install bundler sinatra",
            "what is not here is said, and ends with an error":
                "! gem install rails 2>/tmp/said && grep -q 'rails is not in this sandbox' /tmp/said",
        },
    },
    {
        ref: "rabbitmq:4.0",
        config: {
            entrypoint: ["docker-entrypoint.sh"],
            command: ["rabbitmq-server"],
            volumes: ["/var/lib/rabbitmq"],
            variables: ["RABBITMQ_VERSION", "RABBITMQ_DATA_DIR", "HOME", "LANG"],
        },
        inside: {
            programs: has(
                "rabbitmq-server",
                "rabbitmqctl",
                "rabbitmq-diagnostics",
                "rabbitmq-plugins",
                "rabbitmq-queues",
            ),
            "the user rabbitmq is 999": "[ $(id -u rabbitmq) = 999 ] && [ $(id -g rabbitmq) = 999 ]",
            "a folder for settings":
                "[ -d /etc/rabbitmq/conf.d ] && grep -q rabbitmq_management /etc/rabbitmq/enabled_plugins",
            "no server, no answer": "! rabbitmq-diagnostics -q ping && ! rabbitmq-diagnostics -q check_running",
        },
        outside: {
            "a user, a password from a secret, a virtual host of one's own":
                "mkdir -p /tmp/p && printf pw >/tmp/p/pw && docker run -d --name p --hostname queue -p 8099:15672 -v /tmp/p/pw:/run/secrets/pw:ro -e RABBITMQ_DEFAULT_USER=me -e RABBITMQ_DEFAULT_PASS_FILE=/run/secrets/pw -e RABBITMQ_DEFAULT_VHOST=shop rabbitmq:4.0 >/dev/null",
            "the node answers": `until docker exec p rabbitmq-diagnostics -q ping 2>/dev/null; do docker ps -q --filter name=p | grep -q . || { docker logs p; exit 1; }; sleep 1; done`,
            "it starts": `until docker exec p rabbitmq-diagnostics -q check_running 2>/dev/null; do docker ps -q --filter name=p | grep -q . || { docker logs p; exit 1; }; sleep 1; done
docker exec p rabbitmq-diagnostics -q check_port_connectivity`,
            "the log says so": logs("p", "Server startup complete"),
            "its interface takes that user, and has that virtual host":
                "curl -sf -u me:pw http://127.0.0.1:8099/api/vhosts | grep -q '\"name\":\"shop\"' && curl -sf http://127.0.0.1:8099/ | grep -q '<title>RabbitMQ Management'",
            "messages go in and come out": `post() { curl -sf -u me:pw -H 'content-type: application/json' -X "$1" "http://127.0.0.1:8099/api/$2" -d "$3"; }
post PUT queues/shop/q '{}' && post POST exchanges/shop/amq.default/publish '{"properties":{},"routing_key":"q","payload":"hello","payload_encoding":"string"}' | grep -q '"routed":true' && post POST queues/shop/q/get '{"count":1,"ackmode":"ack_requeue_false","encoding":"auto"}' | grep -q '"payload":"hello"'`,
            rabbitmqctl: "docker exec p rabbitmqctl -q list_users | grep -q administrator",
            "stops when asked":
                "docker stop -t 60 p >/dev/null && [ \"$(docker inspect -f '{{.State.ExitCode}}' p)\" = 0 ]",
        },
    },
    {
        ref: "docker/dockerfile:1",
        config: {},
        inside: {},
    },
    {
        ref: "python:3.13-slim",
        config: { entrypoint: null, command: ["python3"], variables: ["PYTHON_VERSION", "LANG"] },
        inside: {
            "programs by the names that Dockerfiles use": has("python", "python3", "python3.13", "pip", "pip3"),
            "/usr/local/bin/python, as scripts begin":
                "/usr/local/bin/python -c 'import sys; assert sys.version_info[:2] == (3, 13)'",
            "the standard library":
                "python -c 'import sqlite3, ssl, zlib, bz2, lzma, ctypes, asyncio, venv, http.server, curses, readline, decimal, uuid, zoneinfo'",
            "pip installs into this system": "pip --version && ! ls /usr/lib/python3*/EXTERNALLY-MANAGED 2>/dev/null",
            "a virtual environment with pip":
                "python -m venv --without-pip /tmp/v && /tmp/v/bin/python -c 'import sys; assert sys.prefix == \"/tmp/v\"'",
        },
    },
    {
        ref: "nginx",
        config: {
            entrypoint: ["/docker-entrypoint.sh"],
            command: ["nginx", "-g", "daemon off;"],
            ports: ["80/tcp"],
            stopSignal: "SIGQUIT",
            variables: ["NGINX_VERSION"],
        },
        inside: {
            programs: has("nginx", "curl", "envsubst", "bash"),
            "the user nginx is 101": "[ $(id -u nginx) = 101 ]",
            "settings and content":
                "[ -f /etc/nginx/nginx.conf ] && [ -f /etc/nginx/mime.types ] && [ -f /etc/nginx/conf.d/default.conf ] && [ -f /etc/nginx/fastcgi_params ] && [ -f /etc/nginx/uwsgi_params ] && [ -f /usr/share/nginx/html/index.html ] && [ -f /usr/share/nginx/html/50x.html ] && [ -d /docker-entrypoint.d ]",
            "the settings are sound": "nginx -t",
            modules:
                "for module in http_ssl http_v2 http_realip http_gzip_static http_stub_status http_sub http_auth_request http_secure_link; do nginx -V 2>&1 | grep -q with-${module}_module || exit 1; done",
        },
        outside: {
            "templates become settings; nginx's own variables stay": `mkdir -p /tmp/p/templates && echo 'server { listen \${PORT}; location / { return 200 "$host \${WORD}"; } }' >/tmp/p/templates/t.conf.template
docker run -d --name p -e PORT=81 -e WORD=word -v /tmp/p/templates:/etc/nginx/templates:ro nginx >/dev/null
until docker exec p curl -s http://localhost:81/ >/tmp/p/said; do sleep 0.3; done
[ "$(cat /tmp/p/said)" = "localhost word" ]`,
            "says that it is ready": logs("p", "ready for start up"),
            "logs to the container's log": logs("p", "GET / HTTP/1.1"),
            "a root that cannot be written, with the documented folders in memory": `docker run -d --name q --read-only --tmpfs /var/cache/nginx --tmpfs /var/run nginx >/dev/null
until docker exec q curl -sf http://localhost/ >/tmp/p/page; do docker ps -q --filter name=q | grep -q . || exit 1; sleep 0.3; done
grep -q 'Welcome to nginx' /tmp/p/page`,
            "scripts of /docker-entrypoint.d run, streams are known": `printf '#!/bin/sh\\necho mine ran\\n' >/tmp/p/90-mine.sh && chmod +x /tmp/p/90-mine.sh && printf 'events {}\\nstream { server { listen 82; return here; } }\\n' >/tmp/p/nginx.conf
docker run -d --name r -v /tmp/p/90-mine.sh:/docker-entrypoint.d/90-mine.sh:ro -v /tmp/p/nginx.conf:/etc/nginx/nginx.conf:ro nginx >/dev/null
until [ "$(docker exec r bash -c 'cat </dev/tcp/localhost/82' 2>/dev/null)" = here ]; do docker ps -q --filter name=r | grep -q . || exit 1; sleep 0.3; done
${logs("r", "mine ran")}`,
            "an unknown upstream ends it with 1": `printf 'server { listen 80; location / { proxy_pass http://nowhere:9000; } }\\n' >/tmp/p/bad.conf; docker run --name s -v /tmp/p/bad.conf:/etc/nginx/conf.d/default.conf:ro nginx >/tmp/p/out 2>&1; [ $? = 1 ] && grep -q 'host not found in upstream "nowhere"' /tmp/p/out`,
        },
    },
    {
        ref: "redis",
        config: {
            entrypoint: ["docker-entrypoint.sh"],
            command: ["redis-server"],
            ports: ["6379/tcp"],
            volumes: ["/data"],
            folder: "/data",
            variables: ["REDIS_VERSION"],
        },
        inside: {
            programs: has(
                "redis-server",
                "redis-cli",
                "redis-benchmark",
                "redis-check-aof",
                "redis-check-rdb",
                "redis-sentinel",
                "gosu",
            ),
            "the user redis is 999": "[ $(id -u redis) = 999 ]",
        },
        outside: {
            "options alone are for the server, which keeps /data and runs as redis": `docker run -d --name p -v promised:/data redis --save 60 1 --appendonly yes --requirepass pw >/dev/null
until [ "$(docker exec p redis-cli -a pw --no-auth-warning ping)" = PONG ]; do sleep 0.3; done
docker exec p sh -c 'redis-cli -a pw --no-auth-warning set k v && ls -d appendonlydir && [ "$(stat -c %U appendonlydir)" = redis ]' >/dev/null && docker exec p redis-cli ping | grep -q NOAUTH`,
            "settings of one's own; data outlive the container": `docker rm -f p >/dev/null; printf 'appendonly yes\\nmaxmemory 20mb\\n' >/tmp/redis.conf
docker run -d --name p -v promised:/data -v /tmp/redis.conf:/usr/local/etc/redis/redis.conf redis redis-server /usr/local/etc/redis/redis.conf >/dev/null
until [ "$(docker exec p redis-cli get k)" = v ]; do docker ps -q --filter name=p | grep -q . || exit 1; sleep 0.3; done
docker exec p redis-cli config get maxmemory | grep -q 20971520`,
        },
    },
    {
        ref: "postgres:17",
        config: {
            entrypoint: ["docker-entrypoint.sh"],
            command: ["postgres"],
            ports: ["5432/tcp"],
            volumes: ["/var/lib/postgresql/data"],
            stopSignal: "SIGINT",
            variables: ["PGDATA", "PG_MAJOR", "PG_VERSION", "LANG"],
        },
        inside: {
            programs: has(
                "postgres",
                "psql",
                "pg_dump",
                "pg_dumpall",
                "pg_restore",
                "pg_isready",
                "initdb",
                "pg_ctl",
                "createdb",
                "createuser",
                "pgbench",
                "gosu",
            ),
            "the user postgres is 999": "[ $(id -u postgres) = 999 ] && [ $(id -g postgres) = 999 ]",
            "a folder for the first start": "[ -d /docker-entrypoint-initdb.d ]",
            extensions:
                "cd /usr/share/postgresql/17/extension && ls pgcrypto.control uuid-ossp.control hstore.control pg_trgm.control citext.control postgres_fdw.control",
        },
        outside: {
            "says which password is missing, and ends with 1":
                "docker run --rm postgres:17 >/tmp/said 2>&1; [ $? = 1 ] && grep -q 'superuser password is not specified' /tmp/said",
            "a secret, scripts of each kind, a database by name": `mkdir -p /tmp/p/init && cd /tmp/p && printf secret >pw && echo 'CREATE TABLE t(n int); INSERT INTO t VALUES (1);' >init/1.sql && echo 'INSERT INTO t VALUES (2);' | gzip >init/2.sql.gz && printf '#!/bin/bash\\npsql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" -c "INSERT INTO t VALUES (3)"\\n' >init/3.sh && echo 'docker_process_sql -c "INSERT INTO t VALUES (4)"' >init/4.sh && chmod +x init/3.sh && echo no >init/5.txt
docker run -d --name p -v promised:/var/lib/postgresql/data -v /tmp/p/init:/docker-entrypoint-initdb.d:ro -v /tmp/p/pw:/run/secrets/pw:ro -e POSTGRES_PASSWORD_FILE=/run/secrets/pw -e POSTGRES_USER=app postgres:17 >/dev/null
until docker exec p pg_isready -q -h 127.0.0.1; do docker ps -q --filter name=p | grep -q . || { docker logs p; exit 1; }; sleep 0.5; done
[ "$(docker exec -e PGPASSWORD=secret p psql -h 127.0.0.1 -U app -tAc 'SELECT count(*) FROM t')" = 4 ]`,
            "the log names the scripts, and those it leaves alone": `${logs("p", "running /docker-entrypoint-initdb.d/1.sql")} && ${logs("p", "ignoring /docker-entrypoint-initdb.d/5.txt")} && ${logs("p", "PostgreSQL init process complete; ready for start up.")}`,
            "with data in its volume it skips all that, and says so": `docker rm -f p >/dev/null; docker run -d --name p -v promised:/var/lib/postgresql/data postgres:17 >/dev/null
until docker exec p pg_isready -q; do docker ps -q --filter name=p | grep -q . || exit 1; sleep 0.5; done
${logs("p", "PostgreSQL Database directory appears to contain a database; Skipping initialization")} && [ "$(docker exec p psql -U app -tAc 'SELECT count(*) FROM t')" = 4 ]`,
            "a variable and its file exclude each other":
                "docker run --rm -e POSTGRES_PASSWORD=x -e POSTGRES_PASSWORD_FILE=/x postgres:17 2>&1 | grep -q 'are exclusive'",
        },
    },
    {
        ref: "registry:2",
        config: {
            entrypoint: ["/entrypoint.sh"],
            command: ["/etc/docker/registry/config.yml"],
            ports: ["5000/tcp"],
            volumes: ["/var/lib/registry"],
        },
        inside: { programs: has("registry"), settings: "[ -f /etc/docker/registry/config.yml ] && registry --version" },
    },
    {
        ref: "node:20-slim",
        config: { entrypoint: ["docker-entrypoint.sh"], command: ["node"], variables: ["NODE_VERSION"] },
        inside: {
            programs: has("node", "nodejs", "npm", "npx", "bash"),
            "the user node is 1000 and has a home": "[ $(id -u node) = 1000 ] && [ -d /home/node ]",
            "whole modules":
                'node -e \'require("node:crypto").createHash("sha256"); require("node:zlib"); require("node:worker_threads"); fetch; new Intl.Collator("de")\'',
            "/usr/local/bin/node, as scripts begin": "[ -x /usr/local/bin/node ]",
        },
    },
    {
        ref: "gcc",
        config: { entrypoint: null, command: ["bash"], variables: ["GCC_VERSION"] },
        inside: {
            programs: has("gcc", "cc", "g++", "c++", "make", "ld", "as", "ar", "objdump", "nm", "strip", "readelf"),
            C: "cd /tmp && printf '#include <stdio.h>\\n#include <math.h>\\nint main(int n, char **v) { printf(\"%%.0f\\\\n\", sqrt(n * 4)); }\\n' >a.c && gcc -O2 -Wall -o a a.c -lm && [ $(./a) = 2 ]",
            "C++": "cd /tmp && printf '#include <iostream>\\n#include <vector>\\nint main() { std::vector<int> v{1, 2}; std::cout << v.size() << std::endl; }\\n' >b.cpp && g++ -std=c++20 -o b b.cpp && [ $(./b) = 2 ]",
        },
    },
    {
        ref: "openjdk:21",
        config: { entrypoint: null, command: ["jshell"], variables: ["JAVA_HOME", "JAVA_VERSION", "LANG"] },
        inside: {
            programs: `${has("java", "javac", "jar", "jshell", "keytool", "jcmd", "jps", "jstack", "jdeps", "bash")} && [ -x $JAVA_HOME/bin/java ]`,
            "beans, images and logging": `mkdir -p /tmp/j && cd /tmp/j && cat >A.java <<'JAVA'
import java.beans.PropertyChangeSupport;
import java.util.logging.Logger;
class A {
    public static void main(String[] a) throws Exception {
        new PropertyChangeSupport(a);
        Logger.getLogger("a").info("logged");
        javax.imageio.ImageIO.write(new java.awt.image.BufferedImage(2, 2, 1), "png", new java.io.File("a.png"));
        System.out.println(java.awt.GraphicsEnvironment.isHeadless());
    }
}
JAVA
[ "$(java A.java)" = true ] && [ -s a.png ]`,
        },
    },
    {
        ref: "httpd:2.4",
        config: {
            entrypoint: null,
            command: ["httpd-foreground"],
            ports: ["80/tcp"],
            folder: "/usr/local/apache2",
            stopSignal: "SIGWINCH",
            variables: ["HTTPD_PREFIX", "HTTPD_VERSION"],
        },
        inside: {
            programs: has("httpd", "httpd-foreground", "apachectl", "ab", "htpasswd", "rotatelogs"),
            folders:
                "cd /usr/local/apache2 && [ -f conf/httpd.conf ] && [ -f conf/extra/httpd-ssl.conf ] && [ -f conf/extra/httpd-vhosts.conf ] && [ -f htdocs/index.html ] && [ -d cgi-bin ] && [ -d modules ] && [ -d logs ]",
            "the settings are sound": "httpd -t",
            "modules are switched on by taking a # away, as its documentation does it":
                "cd /usr/local/apache2 && sed -i -e 's/^#\\(Include .*httpd-ssl.conf\\)/\\1/' -e 's/^#\\(LoadModule .*mod_ssl.so\\)/\\1/' -e 's/^#\\(LoadModule .*mod_socache_shmcb.so\\)/\\1/' -e 's/^#\\(LoadModule .*mod_\\(rewrite\\|proxy\\|proxy_http\\|cgid\\|proxy_balancer\\|slotmem_shm\\|lbmethod_byrequests\\|include\\|dav\\|proxy_fcgi\\).so\\)/\\1/' conf/httpd.conf && for name in ssl rewrite proxy_http cgid proxy_balancer; do grep -q \"^LoadModule ${name}_module\" conf/httpd.conf || exit 1; done && openssl version >/dev/null 2>&1; httpd -M -e emerg 2>&1 | grep -q . ",
            "settings of another build, which load what is built in here":
                "cp /usr/local/apache2/conf/httpd.conf /tmp/c.conf && sed -i '1i LoadModule log_config_module modules/mod_log_config.so\\nLoadModule unixd_module modules/mod_unixd.so' /tmp/c.conf && sed -i 's/^Include/#Include/' /tmp/c.conf && httpd -t -f /tmp/c.conf",
        },
        outside: {
            "serves its folder, and one's own": `mkdir -p /tmp/p && echo mine >/tmp/p/mine.html
docker run -d --name p -v /tmp/p/mine.html:/usr/local/apache2/htdocs/mine.html:ro -p 8095:80 httpd:2.4 >/dev/null
until curl -sf http://127.0.0.1:8095/ >/tmp/p/page; do docker ps -q --filter name=p | grep -q . || exit 1; sleep 0.3; done
grep -q 'It works!' /tmp/p/page && [ "$(curl -s http://127.0.0.1:8095/mine.html)" = mine ]`,
            "logs to the container's log": logs("p", "GET /mine.html HTTP/1.1"),
            "stops at once when asked":
                "docker stop -t 20 p >/dev/null && [ \"$(docker inspect -f '{{.State.ExitCode}}' p)\" = 0 ]",
        },
    },
    {
        ref: "mariadb:11",
        config: {
            entrypoint: ["docker-entrypoint.sh"],
            command: ["mariadbd"],
            ports: ["3306/tcp"],
            volumes: ["/var/lib/mysql"],
            variables: ["MARIADB_VERSION"],
        },
        inside: {
            "programs, by MySQL's names too": has(
                "mariadb",
                "mariadbd",
                "mariadb-admin",
                "mariadb-dump",
                "mysql",
                "mysqld",
                "mysqladmin",
                "mysqldump",
                "healthcheck.sh",
                "gosu",
            ),
            "the user mysql is 999": "[ $(id -u mysql) = 999 ]",
            folders:
                "[ -d /docker-entrypoint-initdb.d ] && [ -d /etc/mysql/conf.d ] && [ -d /etc/mysql/mariadb.conf.d ]",
        },
        outside: {
            "says which password is missing, and ends with 1":
                "docker run --rm mariadb:11 >/tmp/said 2>&1; [ $? = 1 ] && grep -q 'password option is not specified' /tmp/said",
            "database, user and scripts, by the names of MySQL, a secret, an option of MySQL 8": `mkdir -p /tmp/p/init && cd /tmp/p && printf userpw >pw && echo 'CREATE TABLE t(n int); INSERT INTO t VALUES (1);' >init/1.sql && printf '#!/bin/bash\\nmysql -uroot -p"$MYSQL_ROOT_PASSWORD" "$MYSQL_DATABASE" -e "INSERT INTO t VALUES (2)"\\n' >init/2.sh && chmod +x init/2.sh
docker run -d --name p -v promised:/var/lib/mysql -v /tmp/p/init:/docker-entrypoint-initdb.d:ro -v /tmp/p/pw:/run/secrets/pw:ro -e MYSQL_ROOT_PASSWORD=rootpw -e MYSQL_DATABASE=shop_1 -e MYSQL_USER=app -e MYSQL_PASSWORD_FILE=/run/secrets/pw mariadb:11 --default-authentication-plugin=mysql_native_password --character-set-server=utf8mb4 >/dev/null
until docker exec p healthcheck.sh --connect --innodb_initialized 2>/dev/null; do docker ps -q --filter name=p | grep -q . || { docker logs p; exit 1; }; sleep 0.5; done
[ "$(docker exec p mysql -h127.0.0.1 -uapp -puserpw shop_1 -Ne 'SELECT count(*) FROM t')" = 2 ]`,
            "root from anywhere with the password, nobody without":
                "docker exec p mariadb -h127.0.0.1 -uroot -prootpw -Ne 'SELECT 1' >/dev/null && ! docker exec p mariadb -h127.0.0.1 -uroot -Ne 'SELECT 1' 2>/dev/null",
            "data outlive the container": `docker rm -f p >/dev/null; docker run -d --name p -v promised:/var/lib/mysql mariadb:11 >/dev/null
until docker exec p mysql -h127.0.0.1 -uapp -puserpw shop_1 -Ne 'SELECT count(*) FROM t' 2>/dev/null >/tmp/p/count; do docker ps -q --filter name=p | grep -q . || exit 1; sleep 0.5; done; [ "$(cat /tmp/p/count)" = 2 ]`,
        },
    },
    {
        ref: "php:8.4-apache",
        config: {
            entrypoint: ["docker-php-entrypoint"],
            command: ["apache2-foreground"],
            ports: ["80/tcp"],
            folder: "/var/www/html",
            stopSignal: "SIGWINCH",
            variables: ["PHP_VERSION", "PHP_INI_DIR", "APACHE_CONFDIR", "APACHE_ENVVARS"],
        },
        inside: {
            programs: has(
                "php",
                "apache2-foreground",
                "a2enmod",
                "a2ensite",
                "a2dissite",
                "docker-php-ext-install",
                "docker-php-ext-enable",
                "docker-php-ext-configure",
                "curl",
            ),
            "what is part of PHP":
                "for name in Core ctype curl date dom fileinfo filter hash iconv json libxml mbstring mysqlnd openssl pcre PDO pdo_sqlite Phar posix random readline session SimpleXML sodium SPL sqlite3 standard tokenizer xml xmlreader xmlwriter zlib; do php -m | grep -qx $name || { echo no $name; exit 1; }; done",
            "extensions are switched on by docker-php-ext-install":
                "docker-php-ext-install pdo_mysql mysqli && docker-php-ext-install pdo pgsql pdo_pgsql bcmath zip && for name in pdo_mysql mysqli pgsql pdo_pgsql bcmath zip; do php -m | grep -qx $name || { echo no $name; exit 1; }; done",
            "what is not here is named":
                "! docker-php-ext-install gd 2>/tmp/said && grep -q 'gd is not in this sandbox' /tmp/said",
            settings:
                "cp $PHP_INI_DIR/php.ini-production $PHP_INI_DIR/php.ini && echo memory_limit=77M >$PHP_INI_DIR/conf.d/x.ini && [ $(php -r 'echo ini_get(\"memory_limit\");') = 77M ]",
            a2enmod:
                "a2enmod rewrite headers >/dev/null && [ -e /etc/apache2/mods-enabled/rewrite.load ] && [ -f /etc/apache2/sites-available/000-default.conf ]",
        },
        outside: {
            "runs what lies in /var/www/html, with .htaccess": `mkdir -p /tmp/p/site && echo '<?php echo "sum ", 1 + 1, " ", apache_get_version() ? "apache" : "";' >/tmp/p/site/index.php
docker run -d --name p -v /tmp/p/site:/var/www/html -p 8096:80 php:8.4-apache >/dev/null
until curl -sf http://127.0.0.1:8096/ >/tmp/p/page; do docker ps -q --filter name=p | grep -q . || { docker logs p; exit 1; }; sleep 0.3; done
[ "$(cat /tmp/p/page)" = 'sum 2 apache' ]`,
            "logs to the container's log": logs("p", "GET / HTTP/1.1"),
        },
    },
    {
        ref: "haproxy:3.0",
        config: {
            entrypoint: ["docker-entrypoint.sh"],
            command: ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"],
            user: "haproxy",
            folder: "/var/lib/haproxy",
            stopSignal: "SIGUSR1",
            variables: ["HAPROXY_VERSION"],
        },
        inside: {
            "programs, and a user of number 99": `${has("haproxy")} && [ $(id -u) = 99 ]`,
            "a folder for settings": "[ -d /usr/local/etc/haproxy ]",
        },
        outside: {
            "shares requests out among servers": `mkdir -p /tmp/p && cd /tmp/p && docker network create promised >/dev/null
for n in 1 2; do docker run -d --name b$n --network promised busybox sh -c "echo from $n >/tmp/index.html; exec httpd -f -p 8000 -h /tmp" >/dev/null; done
printf 'defaults\\n  mode http\\n  timeout connect 5s\\n  timeout client 50s\\n  timeout server 50s\\nfrontend f\\n  bind :8080\\n  default_backend b\\nbackend b\\n  balance roundrobin\\n  server s1 b1:8000\\n  server s2 b2:8000\\n' >haproxy.cfg
docker run --rm -v /tmp/p:/usr/local/etc/haproxy:ro haproxy:3.0 haproxy -c -f /usr/local/etc/haproxy/haproxy.cfg >/tmp/p/../checked 2>&1 || { cat /tmp/checked; exit 1; }
docker run -d --name p --network promised -v /tmp/p:/usr/local/etc/haproxy:ro -p 8097:8080 haproxy:3.0 >/dev/null
until curl -sf http://127.0.0.1:8097/ >/tmp/answers; do docker ps -q --filter name=p | grep -q . || { docker logs p; exit 1; }; sleep 0.3; done
for n in 1 2 3; do curl -s http://127.0.0.1:8097/ >>/tmp/answers; done; [ $(sort -u /tmp/answers | wc -l) = 2 ]`,
        },
    },
    {
        ref: "memcached:1.6",
        config: {
            entrypoint: ["docker-entrypoint.sh"],
            command: ["memcached"],
            user: "memcache",
            ports: ["11211/tcp"],
            variables: ["MEMCACHED_VERSION"],
        },
        inside: { "programs, and a user of number 11211": `${has("memcached", "bash")} && [ $(id -u) = 11211 ]` },
        outside: {
            "options alone are for it; it keeps what it is given": `docker run -d --name p -p 11211:11211 memcached:1.6 -m 32 >/dev/null
until printf 'set k 0 0 1\\r\\nv\\r\\nget k\\r\\nstats\\r\\nquit\\r\\n' | docker exec -i p bash -c 'exec 3<>/dev/tcp/127.0.0.1/11211 && cat >&3 && cat <&3' 2>/dev/null >/tmp/said; do docker ps -q --filter name=p | grep -q . || exit 1; sleep 0.3; done
grep -q '^STORED' /tmp/said && grep -q '^VALUE k 0 1' /tmp/said && grep -q 'STAT limit_maxbytes 33554432' /tmp/said`,
        },
    },
    {
        ref: "adminer",
        config: {
            entrypoint: ["entrypoint.sh"],
            command: ["php", "-S", "[::]:8080", "-t", "/var/www/html"],
            ports: ["8080/tcp"],
            user: "adminer",
            folder: "/var/www/html",
            variables: ["ADMINER_VERSION"],
        },
        inside: {
            "databases that it knows":
                "for name in mysqli pdo_mysql pgsql pdo_pgsql sqlite3 pdo_sqlite; do php -m | grep -qx $name || { echo no $name; exit 1; }; done",
            "the user is none of root's rank": "[ $(id -u) != 0 ]",
        },
        outside: {
            "shows its form, with the server that is named": `docker run -d --name p -e ADMINER_DEFAULT_SERVER=database -p 8098:8080 adminer >/dev/null
until curl -sf http://127.0.0.1:8098/ >/tmp/page; do docker ps -q --filter name=p | grep -q . || { docker logs p; exit 1; }; sleep 0.3; done
grep -q 'value="database"' /tmp/page && grep -q 'auth\\[password\\]' /tmp/page`,
        },
    },
];
