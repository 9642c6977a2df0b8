# bash completion of sluice; printed by `sluice completion bash`.
_sluice_remote() {
  local line
  case $1 in *://*/*) ;; *) return ;; esac
  sluice ls --urls --slash --timeout '3 s' "${1%/*}/" 2>/dev/null | while IFS= read -r line; do
    [[ $line == "$1"* ]] && printf '%s\n' "$line"
  done
}
_sluice() {
  local line=${COMP_LINE:0:COMP_POINT} current previous command options= kind=nothing
  local -a words
  # Bash cuts words at ":" too, which would tear URLs.
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=${words[-1]} previous=${words[-2]} command=${words[1]}
  COMPREPLY=()
  if (( ${#words[@]} <= 2 )); then
    mapfile -t COMPREPLY < <(compgen -W 'serve config admin pool admin auth cp ls stat cat tail mkdir rm mv chmod truncate checksum xattr locate query df du ping completion help version bench' -- "$current")
    return
  fi
  case $command in
    config)
      if (( ${#words[@]} == 3 )); then
        mapfile -t COMPREPLY < <(compgen -W 'check show describe' -- "$current")
        return
      fi
      command+=" ${words[2]}" ;;
    admin)
      if (( ${#words[@]} == 3 )); then
        mapfile -t COMPREPLY < <(compgen -W 'pools set-pool classes set-class assign-class match-pools replicas' -- "$current")
        return
      fi
      command+=" ${words[2]}" ;;
    pool)
      if (( ${#words[@]} == 3 )); then
        mapfile -t COMPREPLY < <(compgen -W 'drain rebalance' -- "$current")
        return
      fi
      command+=" ${words[2]}" ;;
    admin)
      if (( ${#words[@]} == 3 )); then
        mapfile -t COMPREPLY < <(compgen -W 'movers kill-mover queues set-queue remove-queue connections end-connection check-pool reload scrub acl set-acl clear-acl' -- "$current")
        return
      fi
      command+=" ${words[2]}" ;;
    auth)
      if (( ${#words[@]} == 3 )); then
        mapfile -t COMPREPLY < <(compgen -W 'explain' -- "$current")
        return
      fi
      command+=" ${words[2]}" ;;
    xattr)
      if (( ${#words[@]} == 3 )); then
        mapfile -t COMPREPLY < <(compgen -W 'get set list rm' -- "$current")
        return
      fi
      command+=" ${words[2]}" ;;
    query)
      if (( ${#words[@]} == 3 )); then
        mapfile -t COMPREPLY < <(compgen -W 'config space stats xattr opaque' -- "$current")
        return
      fi
      command+=" ${words[2]}" ;;
    bench)
      if (( ${#words[@]} == 3 )); then
        mapfile -t COMPREPLY < <(compgen -W 'xroot' -- "$current")
        return
      fi
      command+=" ${words[2]}" ;;
  esac
  case $command in
    'serve') options='-c --config --set --data --export --roles --listen --http --user --read-only --help'
      case $previous in -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; --export) kind=directory ;; --roles) kind=nothing ;; --listen) kind=nothing ;; --http) kind=nothing ;; --user) kind=nothing ;; *) kind=nothing ;; esac ;;
    'config check') options='--help'
      case $previous in *) kind=local ;; esac ;;
    'config show') options='-c --config --set --defaults --passwords --help'
      case $previous in -c|--config) kind=local ;; --set) kind=nothing ;; *) kind=nothing ;; esac ;;
    'config describe') options='--markdown --help'
      case $previous in *) kind=nothing ;; esac ;;
    'admin pools') options='-c --config --set --data --json --help'
      case $previous in -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin set-pool') options='-c --config --set --data --help'
      case $previous in -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin classes') options='-c --config --set --data --json --help'
      case $previous in -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin set-class') options='--copies -c --config --set --data --help'
      case $previous in --copies) kind=nothing ;; -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin assign-class') options='-c --config --set --data --help'
      case $previous in -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin match-pools') options='--client --class -c --config --set --data --json --help'
      case $previous in --client) kind=nothing ;; --class) kind=nothing ;; -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin replicas') options='-c --config --set --data --json --help'
      case $previous in -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'pool drain') options='--no-wait -c --config --set --data --help'
      case $previous in -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'pool rebalance') options='--within -n --dry-run -c --config --set --data --json --help'
      case $previous in --within) kind=nothing ;; -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin movers') options='-c --config --set --data --json --help'
      case $previous in -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin kill-mover') options='--reason -c --config --set --data --json --help'
      case $previous in --reason) kind=nothing ;; -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin queues') options='-c --config --set --data --json --help'
      case $previous in -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin set-queue') options='--max-active --order --idle-timeout --total-timeout -c --config --set --data --json --help'
      case $previous in --max-active) kind=nothing ;; --order) kind=nothing ;; --idle-timeout) kind=nothing ;; --total-timeout) kind=nothing ;; -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin remove-queue') options='-c --config --set --data --json --help'
      case $previous in -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin connections') options='-c --config --set --data --json --help'
      case $previous in -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin end-connection') options='-c --config --set --data --json --help'
      case $previous in -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin check-pool') options='--remove-unknown --older-than -c --config --set --data --json --help'
      case $previous in --older-than) kind=nothing ;; -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin reload') options='-c --config --set --data --json --help'
      case $previous in -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin scrub') options='-c --config --set --data --json --help'
      case $previous in -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin acl') options='-c --config --set --data --json --help'
      case $previous in -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin set-acl') options='--file -r --recursive -c --config --set --data --json --help'
      case $previous in --file) kind=local ;; -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'admin clear-acl') options='-r --recursive -c --config --set --data --json --help'
      case $previous in -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'auth explain') options='--dn --fqan --certificate --token --krb5 --sss --unix --offline --group -c --config --set --data --json --help'
      case $previous in --dn) kind=nothing ;; --fqan) kind=nothing ;; --certificate) kind=local ;; --token) kind=local ;; --krb5) kind=nothing ;; --sss) kind=nothing ;; --unix) kind=nothing ;; --group) kind=nothing ;; -c|--config) kind=local ;; --set) kind=nothing ;; --data) kind=directory ;; *) kind=nothing ;; esac ;;
    'cp') options='-r --recursive -f --force -c --continue -C --checksum -m --mkdir --posc -p --parallel -S --streams --depth --piece --rate --min-rate --max-time --no-glob -q --quiet --timeout -v --verbose --json --help'
      case $previous in -C|--checksum) kind=nothing ;; -p|--parallel) kind=nothing ;; -S|--streams) kind=nothing ;; --depth) kind=nothing ;; --piece) kind=nothing ;; --rate) kind=nothing ;; --min-rate) kind=nothing ;; --max-time) kind=nothing ;; --timeout) kind=nothing ;; *) kind=any ;; esac ;;
    'ls') options='-l --long -R --recursive -h --human -d --directory -p --slash -u --urls -U --unsorted -C --checksum --timeout -v --verbose --json --help'
      case $previous in -C|--checksum) kind=nothing ;; --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'stat') options='--timeout -v --verbose --json --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'cat') options='--timeout -v --verbose --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'tail') options='-n --lines -c --bytes -f --follow -s --interval --timeout -v --verbose --help'
      case $previous in -n|--lines) kind=nothing ;; -c|--bytes) kind=nothing ;; -s|--interval) kind=nothing ;; --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'mkdir') options='-p --parents -m --mode --timeout -v --verbose --json --help'
      case $previous in -m|--mode) kind=nothing ;; --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'rm') options='-r --recursive -d --dir -f --force --names --timeout -v --verbose --json --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'mv') options='--timeout -v --verbose --json --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'chmod') options='--timeout -v --verbose --json --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'truncate') options='--timeout -v --verbose --json --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'checksum') options='-t --type --timeout -v --verbose --json --help'
      case $previous in -t|--type) kind='words adler32 crc32c crc32 md5 sha256 zcrc32' ;; --timeout) kind=nothing ;; *) kind=any ;; esac ;;
    'xattr get') options='--timeout -v --verbose --json --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'xattr set') options='--new --timeout -v --verbose --json --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'xattr list') options='-l --long --timeout -v --verbose --json --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'xattr rm') options='--timeout -v --verbose --json --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'locate') options='--refresh -n --names --timeout -v --verbose --json --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'query config') options='--timeout -v --verbose --json --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'query space') options='--timeout -v --verbose --json --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'query stats') options='--timeout -v --verbose --json --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'query xattr') options='--timeout -v --verbose --json --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'query opaque') options='--timeout -v --verbose --json --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'df') options='-h --human --timeout -v --verbose --json --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'du') options='-h --human --timeout -v --verbose --json --help'
      case $previous in --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'ping') options='-n --count -i --interval --timeout -v --verbose --json --help'
      case $previous in -n|--count) kind=nothing ;; -i|--interval) kind=nothing ;; --timeout) kind=nothing ;; *) kind=remote ;; esac ;;
    'completion') options='--help'
      case $previous in *) kind=nothing ;; esac ;;
    'help') options='--markdown --help'
      case $previous in *) kind=nothing ;; esac ;;
    'version') options='--help'
      case $previous in *) kind=nothing ;; esac ;;
    'bench xroot') options='--mode --size --depth --connections --threads --items --duration --warmup --file-size --files --first-file --seed --new-sessions --server-pid --verify --json --help'
      case $previous in --mode) kind='words seqread randread vread pgread write pgwrite stat open create remove connect ping' ;; --size) kind=nothing ;; --depth) kind=nothing ;; --connections) kind=nothing ;; --threads) kind=nothing ;; --items) kind=nothing ;; --duration) kind=nothing ;; --warmup) kind=nothing ;; --file-size) kind=nothing ;; --files) kind=nothing ;; --first-file) kind=nothing ;; --seed) kind=nothing ;; --server-pid) kind=nothing ;; *) kind=remote ;; esac ;;
  esac
  case $kind,$current in
    words*,*) mapfile -t COMPREPLY < <(compgen -W "${kind#words }" -- "$current") ;;
    *,-*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current") ;;
    remote,*|any,*://*)
      local cut=
      [[ $COMP_WORDBREAKS == *:* ]] && cut=${current%"${current##*:}"}
      mapfile -t COMPREPLY < <(_sluice_remote "$current")
      COMPREPLY=("${COMPREPLY[@]#"$cut"}")
      compopt -o nospace ;;
    directory,*) mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames ;;
    local,*|any,*) mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames ;;
  esac
}
complete -F _sluice sluice
