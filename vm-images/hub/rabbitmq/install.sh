# Makes the rabbitmq image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
# the number that volumes and settings made for containers count on
groupadd --system --gid 999 rabbitmq
useradd --system --uid 999 --gid rabbitmq --home-dir /var/lib/rabbitmq --no-create-home rabbitmq
install_packages
# Python is for rabbitmqadmin; the others are for maintaining a host, and for directories of a company's users
drop_packages python3 python3-minimal python3.13 python3.13-minimal libpython3-stdlib libpython3.13-stdlib libpython3.13-minimal media-types netbase socat libwrap0 libexpat1 libffi8 libreadline8t64 readline-common openssl procps libproc2-0 libncursesw6 erlang-eldap adduser
server=$(echo /usr/lib/rabbitmq/lib/rabbitmq_server-*)
cd "$server/plugins"
# clouds, directories, examples
for name in eetcd gun rabbitmq_aws rabbitmq_peer_discovery_aws rabbitmq_peer_discovery_consul rabbitmq_peer_discovery_etcd rabbitmq_peer_discovery_k8s rabbitmq_auth_backend_ldap rabbitmq_web_mqtt_examples rabbitmq_web_stomp_examples; do rm -rf $name-*; done
rm -rf /usr/sbin/rabbitmq* /usr/lib/systemd /usr/lib/ocf /etc/rabbitmq/* /etc/default /usr/lib/rabbitmq/autocomplete "$server"/LICENSE* /var/lib/rabbitmq/.erlang.cookie /var/lib/rabbitmq/mnesia
cd /usr/lib/erlang
rm -rf lib/*/src lib/*/include lib/*/examples lib/*/c_src usr lib/erl_interface-* erts-*/include erts-*/lib
find / -xdev \( -path /proc -o -path /sys \) -prune -o \( -name '*.hrl' -o -name '*.erl' -o -name '*.appup' \) -type f -exec rm -f {} +
# code without its debugging information: half of it. RabbitMQ finds the steps of its start in the attributes.
erl -noshell -eval '
    Files = filelib:wildcard("/usr/lib/erlang/lib/*/ebin/*.beam") ++ filelib:wildcard("/usr/lib/rabbitmq/lib/*/plugins/*/ebin/*.beam"),
    lists:foreach(fun(File) -> {ok, _} = beam_lib:strip_files([File], ["Attr", "CInf"]) end, Files), halt().'
mkdir -p /etc/rabbitmq/conf.d /var/lib/rabbitmq /var/log/rabbitmq
echo '[rabbitmq_management].' >/etc/rabbitmq/enabled_plugins
chown -R rabbitmq:rabbitmq /etc/rabbitmq /var/lib/rabbitmq /var/log/rabbitmq
chmod 1777 /etc/rabbitmq /var/lib/rabbitmq
# root's tools use the server's cookie
ln -sf /var/lib/rabbitmq/.erlang.cookie /root/.erlang.cookie
finish
erl -noshell -eval '{ok, _} = application:ensure_all_started(crypto), {ok, _} = application:ensure_all_started(ssl), halt().'
