# Tells the terminal where a command starts and ends, by VS Code's sequences (OSC 633):
#   A prompt starts   B prompt ends   C command starts   D;<status>;<nonce> command ended (D alone: there was none)
#   E;<command>;<nonce>   the command as typed: "\" is "\\"; ";" and control characters are "\xNN"
# The nonce proves that D and E come from this shell and not from a program's output. E follows C and precedes D.
# A fork costs milliseconds in an emulated CPU, so nothing here starts a process: all is done by builtins.
__drydock_nonce=$DRYDOCK_NONCE
unset DRYDOCK_NONCE
export -n __drydock_nonce

# Sets __drydock_text to the last history entry, escaped. `history` writes to a file because "$(...)" would fork.
__drydock_command() {
    local HISTTIMEFORMAT= LC_ALL=C line= file=/dev/shm/.drydock-$$ code hex
    # ">|": a user's noclobber must not matter. The file stays, a few bytes in memory: removing it would be a process.
    builtin history 1 >|"$file" && IFS= builtin read -r -d '' line <"$file"
    line=${line%$'\n'}
    line=${line#"${line%%[! ]*}"}      # spaces before the entry's number
    line=${line#*[ *] }               # the number, a star when the entry was edited
    line=${line//\\/\\\\}
    line=${line//;/\\x3b}
    line=${line//$'\n'/\\x0a}
    line=${line//$'\t'/\\x09}
    while [[ $line =~ [[:cntrl:]] ]]; do
        builtin printf -v code '%d' "'${BASH_REMATCH[0]}"
        builtin printf -v hex '\\x%02x' "$code"
        line=${line//"${BASH_REMATCH[0]}"/"$hex"}
    done
    __drydock_text=$line
}

# Runs before the first simple command of a line, then takes itself off: loops pay nothing.
__drydock_before() {
    [[ $__drydock_ran ]] || return 0 # the prompt's own commands
    trap - DEBUG
    __drydock_say_command
}

__drydock_say_command() {
    [[ $__drydock_said ]] && return
    __drydock_said=1
    __drydock_command
    builtin printf '\e]633;E;%s;%s\a' "$__drydock_text" "$__drydock_nonce"
}

__drydock_after() {
    local status=$?
    trap - DEBUG
    if [[ $__drydock_ran ]]; then
        __drydock_say_command # a line in "( )" has no simple command of this shell
        builtin printf '\e]633;D;%s;%s\a' "$status" "$__drydock_nonce"
    else
        builtin printf '\e]633;D\a'
    fi
    __drydock_ran= __drydock_said=
    trap __drydock_before DEBUG
    return "$status"
}

PROMPT_COMMAND=__drydock_after
__drydock_nothing= # unset, bash would skip the arithmetic
# The expansion prints nothing: it sets the flag, in this shell, without a fork.
PS0='\e]633;C\a${__drydock_nothing:$((__drydock_ran=1)):0}'
PS1='\[\e]633;A\a\]'$PS1'\[\e]633;B\a\]'
