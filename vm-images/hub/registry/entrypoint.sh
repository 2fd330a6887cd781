#!/bin/sh
# A settings file alone is for `registry serve`; any other word is a command of the registry's (garbage-collect) or a program.
set -e
case "$1" in
    *.yml | *.yaml) set -- registry serve "$@" ;;
    serve | garbage-collect | help | -*) set -- registry "$@" ;;
esac
exec "$@"
