/** The shells that can be completed in. */
export type Shell = "bash" | "zsh" | "fish";

/**
 * Script of each shell. It asks `earshot completion words -- WORD ...` for what can stand at the end of the line: a line
 * of word, tab and help each, and the line `:files` if a file can.
 */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# Completion of earshot for bash: source <(earshot completion bash)
_earshot() {
  local line=\${COMP_LINE:0:COMP_POINT} current='' word quote='' prefix i
  local -a words=()
  # Bash breaks words at = : @ as well: they are put together again.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $line == [[:space:]]* || $i -eq 0 ]]; then
      ((i == 0)) || words+=("$current")
      current=''
      line=\${line#"\${line%%[![:space:]]*}"}
    fi
    ((i == COMP_CWORD)) && word=$line
    current+=$word
    line=\${line#"$word"}
  done
  for i in "\${!words[@]}"; do
    words[i]=\${words[i]//[\\\\\\"\\']/}
  done
  if [[ $current == [\\"\\']* ]]; then
    quote=\${current:0:1} current=\${current:1}
  else
    current=\${current//\\\\/}
  fi
  # It replaces what follows the last of them, an @ included.
  prefix=\${current%"\${current##*[=:@]}"} prefix=\${prefix%@}
  [[ -z $quote ]] || prefix=''
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    if [[ $word == :files ]]; then
      compopt -o filenames
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "\${current#"$prefix"}")
    elif [[ $word == "$current"* ]]; then
      # In quotes, what they do not protect would be run: such a name needs a line without them.
      case $quote$word in
        \\"*[\\"\\\\\\$\\\`!]* | \\'*\\'*) continue ;;
      esac
      word=\${word#"$prefix"}
      [[ -n $quote ]] || printf -v word %q "$word"
      COMPREPLY+=("$word")
    fi
  done < <(earshot completion words -- "\${words[@]:1}" "$current" 2>/dev/null)
}
complete -F _earshot earshot
`,
  zsh: `#compdef earshot
# Completion of earshot for zsh: source <(earshot completion zsh), after compinit; or as _earshot in a folder of fpath.
_earshot() {
  local line word help files=0
  local -a values shown
  for line in "\${(@f)$(earshot completion words -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}"; do
    [[ -n $line ]] || continue
    if [[ $line == :files ]]; then
      files=1
      continue
    fi
    word=\${line%%$'\\t'*} help=\${line#*$'\\t'}
    values+=("$word")
    shown+=("$word\${help:+  -- $help}")
  done
  if ((files)); then
    compset -P '--*='
    _files
  elif ((\${#values})); then
    compadd -l -d shown -- "\${values[@]}"
  fi
}
if [[ \${funcstack[1]} == _earshot ]]; then
  _earshot "$@"
else
  compdef _earshot earshot
fi
`,
  fish: `# Completion of earshot for fish: earshot completion fish | source
function __earshot_complete
    set -l tokens (commandline -opc)
    set -l current (commandline -ct | string unescape)
    for line in (earshot completion words -- $tokens[2..-1] "$current" 2>/dev/null)
        if test "$line" = :files
            set -l option (string match -r -- '^--[^=]*=' "$current")
            set -l path (string replace -r -- '^--[^=]*=' '' "$current")
            printf '%s\\n' "$option"(__fish_complete_path "$path")
        else
            printf '%s\\n' $line
        end
    end
end
complete -c earshot -f -a '(__earshot_complete)'
`,
};
