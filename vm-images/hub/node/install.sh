# Makes the node image out of Debian's packages and npm's own. Runs in the build, on the host's CPU.
. /common/packages.sh
install_packages
drop_packages node-corepack
rm -rf /usr/share/nodejs/@types /usr/share/nodejs/undici-types /usr/share/systemtap
cp /icu/libicudata.so /usr/lib/i386-linux-gnu/libicudata.so.*.*

# Debian's npm is 380 packages; npm's own is one, the same program
npm=/usr/local/lib/node_modules/npm
mkdir -p $npm
tar -xzf /npm/npm.tgz -C $npm --strip-components=1 --no-same-owner
# the part of node-gyp in Python, which this image has not; and what only people and debuggers read
rm -rf $npm/docs $npm/man $npm/node_modules/node-gyp/gyp
find /usr/share/nodejs $npm -name '*.map' -delete -o -name '*.d.ts' -delete -o -name '*.md' -delete
ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
cat >$npm/npmrc <<'CONF'
prefix=/usr/local
registry=http://node.lab/
audit=false
fund=false
update-notifier=false
progress=false
CONF
# for `USER node`, as Dockerfiles expect it
useradd --uid 1000 --user-group --create-home --shell /bin/bash node
finish
npm --version
node -p 'new Intl.DateTimeFormat("de", { dateStyle: "long", timeZone: "Europe/Berlin" }).format(0)' | grep 'Januar 1970'
