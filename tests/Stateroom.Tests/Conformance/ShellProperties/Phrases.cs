namespace Stateroom.Tests.Conformance.ShellProperties;

/// <summary>
/// What commands are made of. <c>@name</c> stands for something random: see <see cref="CommandGenerator"/>. Nothing here depends on timing, process
/// ids or the files of other sequences, and nothing leaves a program that writes into a later command.
/// </summary>
internal static class Phrases
{
    public static readonly string[] Print =
    [
        "printf '@bytes'@to", "printf '@bytes'@to", "echo @word@to", "printf '%s\\n' @word @word@to", "printf %s @word@to",
        "head -c @size /workspace/data@to", "tail -c @size /workspace/data@to", "dd if=/workspace/data bs=@size count=1 status=none@to",
        "for n in 1 2 3 4; do head -c $((n * @number)) /workspace/data; echo $n >&2; done", "{ head -c @size /workspace/data; head -c @size /workspace/data >&2; }",
        "base64 -d <<END\n@base\nEND", "cat <<END\nline $v2 @number\n$((1 + @number)) $v1 `echo back`\nEND", "cat <<'END'\n$v1 `no` \\ \"\nEND", "cat <<-END\n\ttab\n\t\ttwo\n\tEND",
        "cat <<A; cat <<B >&2\nfirst\nA\nsecond\nB", "echo a # @number", "echo a \\\n  b", "echo 'a\r'\r", "printf '%5d:%-5s:%x\\n' @number ab 255", "echo \"a $(echo \"b $(echo 'c')\") d\"",
        "seq @number", "echo ~", "umask", "printf 'no newline'@to", "echo ünï 日本 🙂@to", "printf '\\303'; printf '\\251\\n'", "   echo '  leading'", "",
        "# only a comment", "\n\necho after\n\n", "head -c @size /workspace/data | tr 'a-m' 'A-M'", "head -c @size /workspace/data | base64 -w 0 | cat",
    ];

    public static readonly string[] Status =
    [
        "(exit @code)", "sh -c 'exit @code'", "false", "true", "! true", "no-such-program", "/workspace", "sh -c 'kill -9 $$'", "sh -c 'kill -15 $$'", "[ @number -gt 50 ]",
        "cat nothing", "test -e x1", "echo \"$?\"", "echo $?; (exit @code)", "false || true", "true && (exit @code)", "f1", "a1", "(exit @code) | cat", "cat nothing | true",
        "if (exit @code); then echo yes; else echo no $?; fi", "x() { return @code; }; x; echo $?", "exec 3</nothing/there; echo $?", ": > /nothing/there", "cd nowhere",
    ];

    public static readonly string[] State =
    [
        "@v=@word", "export @v=@word", "echo \"<$@v>\" \"${@v-unset}\" \"${#@v}\" \"${@v%?}\"", "sh -c 'echo \"$v1 $v2\"'", "unset @v", "@v=@word sh -c 'echo $v1'", "v4=$((@number * 3)); echo $v4",
        "@v=$(head -c 30000 /workspace/data | base64 -w 0); echo ${#@v}", "@v=`echo @number`", "echo ${@v:=default} ${@v:+set}", "echo $@v",
        "mkdir -p d1/d2; cd d1", "cd d1/d2", "cd d1/..", "cd /usr; pwd", "cd -", "cd \"$OLDPWD\"; pwd", "pwd", "echo @word > @x", "cat @x", "echo @word >> @x", "rm -f @x", "ls", "echo *", "echo x*", "wc -c < @x",
        "@f() { echo \"$# $1\"; return @code; }", "@f() {\n  for i in \"$@\"\n  do\n    echo \"item $i\"\n  done\n}", "@f() { local l=@number; echo $l; @f2 \"$l\"; }", "@f a 'b c'", "@f @word", "unset -f @f", "f2() { (echo sub; exit @code); echo $?; }",
        "alias @a='echo from @number'", "@a more", "unalias @a", "set -- a 'b c' @word", "echo $# \"$@\"", "shift", "for i; do echo \"<$i>\"; done",
        "echo 'v4=sourced; echo in file; return @code' > x2; . ./x2", "eval 'echo $v1'", "umask 077", "umask 022", "command -v ls", "IFS=:; v3=a:b:c; echo $v3", "IFS=' \t\n'", "OPTIND=1; while getopts ab: o -a -b x; do echo $o $OPTARG; done",
    ];

    public static readonly string[] Options =
    [
        "set -f", "set +f", "set -u", "set +u", "set -x; echo traced @word; v4=@number; set +x", "set -C", "set +C", "set -a", "set +a", "set -o pipefail", "set +e", "set -u; echo ${nothing-}", "echo $nothing",
        "trap 'echo exit trap $?' EXIT", "trap - EXIT", 
        "exec 3>x3; echo w >&3; exec 3>&-; cat x3", "exec 4>&1; echo four >&4; exec 4>&-", "exec 5<x1; cat <&5; exec 5<&-", "PATH=/usr/local/bin:/usr/bin:/bin", "readonly r@number=1; r@number=2", "HOME=$PWD; cd; pwd; echo ~",
    ];

    public static readonly string[] Jobs =
    [
        "{ (echo bg; exit @code) & wait $!; echo $?; }", "{ (sleep 0.01; echo late) & wait; }", "{ for i in 1 2 3; do (exit $i) & done; wait; }",
        "{ head -c @size /workspace/data & wait; }", "{ (setsid sh -c 'echo far' | cat) & wait; }", "sh -c 'sleep 100 & kill $!; wait $!; echo $?' 2>/dev/null",
    ];

    // Without "echo $(": behind it a function that exits makes bash 5.2 abort ("free(): invalid next size"), by itself too.
    public static readonly string[] Wrong =
    [
        "if; then", "echo \"open", ")", "for", "fi", "echo 'open", "{ echo a", "case x in", "echo a; ;; echo b", "while false; do", "echo a &&", "| cat", "echo before\nif true; then )\necho after", "f() {", "echo ${", "`echo", "esac", "cat <<'END'\nno end",
    ];

    public static readonly string[] Read =
    [
        "cat", "cat >&2", "read -r line; echo \"<$line>\"", "read -r a b; echo \"$b,$a\"; cat", "while read -r l; do echo \"<$l>\"; done", "cat | wc -c", "sort | tail -c 100", "od -c | tail -n 3", "head -c 5", ":", "cat > x1; wc -c < x1", "(cat)", "sh -c cat", "cat | cat", "{ cat & wait; }",
    ];

    public static readonly string[] Nested =
    [
        "(\n@K\n)", "{\n@S\n}", "if @C\nthen\n@S\nelse\n@S\nfi", "for i in 1 2 3\ndo\n@S\ndone", "w=0; while [ $w -lt 3 ]; do w=$((w + 1))\n@S\ndone", "case $v1 in\na*) @S\n;;\n*) @S\n;;\nesac", "for i in 1 2; do for j in a b; do echo $i$j; [ $j = a ] || continue 2\n@S\nbreak 2; done; done",
        "{ v4=$(\n@T\n); } 2>/dev/null; echo \"$v4\"", "{\n@K\n} 2>&1 | cat", "{\n@S\n} >&2", "@f() {\n@S\n}", "(\n@K\n) > x3; cat x3", "{\n@S\n} && echo yes || echo no $?", "until @C\ndo\n@S\nbreak\ndone", "(\n@K\nexit @code)", "eval '@E'", "sh -c '@E'", "{ {\n@K\n} & wait $!; }", "true &&\n{\n@S\n}",
    ];

    public static readonly string[] Ends =
    [
        "exit @code", "exit", "echo bye; exit @code; echo never", "exec sh -c 'echo new; exit @code'", "kill -9 $$", "kill -TERM $$", "set -e; false; echo never", "set -e\n@S\n(exit @code)\necho never", "{\n@S\nexit @code\n}", "f3() { exit @code; }; f3; echo never", "set -e; f3() { false; echo in; }; f3",
        "trap 'echo exit trap; exit @code' EXIT; exit 3", "set -e; (exit @code); :", "eval 'exit @code'", "exec no-such-program", "exec > x3; exit @code", "if true; then exit @code; fi",
    ];

    /// <summary>What counts on nothing else being in its command.</summary>
    public static readonly string[] Alone =
    [
        "trap 'echo int' INT; kill -INT $$; echo on", "trap 'echo usr1' USR1; kill -USR1 $$; echo after", "trap 'echo term' TERM; kill -TERM $$; trap - TERM", "trap '' HUP; kill -HUP $$; echo alive", "kill -USR1 $$; echo here",
        // Of two programs that are not found in a pipeline, either may say so first.
        "PATH=/nowhere\nhead -c 3 /workspace/data\nPATH=/usr/local/bin:/usr/bin:/bin",
        // A job belongs to the shell that started it, and what it writes is not to be seen before somebody waits.
        "(sleep 0.02; echo late > .late) 2>/dev/null & :", "wait; cat .late", "sleep 0.02 & job=$!", "wait $job; echo $?",
    ];

    public static readonly string[] BashAndZsh =
    [
        "r=(a 'b c' @word); echo \"${r[@]}\" ${#r[@]}", "r+=(@number); echo \"${r[1]}\"", "echo \"${r[@]-none}\"", "typeset -A m; m[k]=@word; echo \"${m[k]}\"", "cat <<< @word", "cat <(echo a) <(echo b)", "[[ abc == a* ]] && echo match", "((v4 = @number * 2)); echo $v4",
        "echo {1..5} {a,b}c", "v1=banana; echo ${v1//an/x} ${v1:1:3}", "[[ -e x1 ]]; echo $?", "echo $'tab\\there\\x41'", "source ./x2", "echo both >& x3; cat x3", "function g { echo g $1; }; g @number", "printf -v v1 '%03d' @number; echo $v1", "for ((k = 0; k < 3; k++)); do echo $k; done", "[[ a =~ ^(b|a)$ ]]; echo $?",
    ];

    public static readonly string[] Bash =
    [
        "shopt -s extglob nullglob", "shopt -u nullglob", "echo ${v1^^} ${v1,}", "mapfile -t r < /workspace/lines; echo ${#r[@]}", "declare -i q; q=3+4; echo $q", "{ trap 'echo err $?' ERR; (exit @code); false; trap - ERR; }", "printf '%q\\n' @word", "type f1", "let v4=@number+1; echo $v4", "set -o posix", "set +o posix", "pushd d1; popd", "echo !@number", "{ (exit @code) | true; echo ${PIPESTATUS[@]}; }",
    ];

    public static readonly string[] Zsh =
    [
        "setopt sh_word_split", "setopt no_nomatch", "echo x*.none", "print -l a b", "echo ${(U)v1} ${(q)v1}", "print -r -- @word", "setopt extended_glob", "echo *(N)", "{ false; } always { echo always; }", "{ (exit @code) | true; echo $pipestatus; }", "{ trap 'echo zerr' ZERR; (exit @code); false; trap - ZERR; }", "repeat 3 echo again", "setopt ksh_arrays", "unsetopt ksh_arrays", "alias -g G='| cat'", "echo piped G",
    ];
}
