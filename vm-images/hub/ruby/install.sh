# Makes the ruby image out of Debian's packages. Runs in the build, on the host's CPU.
. /common/packages.sh
# the base has all certificates that count; Debian's package would take them along when it goes
cp -a /etc/ssl /tmp/ssl
install_packages
# RubyGems is part of Ruby too
drop_packages ruby-rubygems openssl ca-certificates ruby-xmlrpc ruby-net-telnet
rm -rf /etc/ssl
cp -a /tmp/ssl /etc/ssl
# documentation, types, tests; what only people who work on Ruby itself or on a compiler's extensions use
lib=/usr/lib/ruby/3.3.0
gems=/usr/lib/ruby/gems/3.3.0
for gem in rbs typeprof debug net-telnet; do
    rm -rf $gems/gems/$gem-* $gems/specifications/$gem-*.gemspec $gems/specifications/default/$gem-*.gemspec $gems/extensions/*/*/$gem-*
done
rm -rf $lib/rdoc/generator/template /usr/bin/update_rubygems
find $gems /usr/share/rubygems-integration \( -name test -o -name tests -o -name sig -o -name doc -o -name spec \) -type d -prune -exec rm -rf {} +
find $gems /usr/share/rubygems-integration \( -name '*.md' -o -name '*.rdoc' -o -name '*.ri' -o -name '*.1' \) -type f -delete
rm -rf /usr/share/ri /usr/share/systemtap /usr/share/mime
for name in ruby erb irb bundle bundler rake; do [ -e /usr/bin/$name ] || ln -s ${name}3.3 /usr/bin/$name; done
# where gems and scripts written for the image of this name look
mkdir -p /usr/local/bundle/bin /usr/local/etc
chmod -R 1777 /usr/local/bundle
ln -s /usr/bin/ruby3.3 /usr/local/bin/ruby
printf 'install: --no-document\nupdate: --no-document\n' >/usr/local/etc/gemrc
finish
cd /tmp
ruby -e 'require "json"; require "yaml"; require "openssl"; require "socket"; require "net/http"; require "erb"; require "csv"; require "zlib"; require "fiddle"; require "webrick"; require "sinatra/base"; require "redis"; require "puma"'
irb --version
rake --version
