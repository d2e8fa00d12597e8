# Completion of blynkctl in bash. What there is to complete, blynkctl itself says (`blynkctl help --names`), and the
# pins are those that the daemon knows. Nothing that it says is ever run: no eval, no compgen -W.

# Adds those of the words that begin as the current one does.
_blynkctl_offer()
{
    local begin=$1 word
    shift
    for word; do
        if [[ $word == "$begin"* ]]; then
            COMPREPLY+=("$word")
        fi
    done
}

_blynkctl_offer_files()
{
    local name
    while IFS= read -r name; do
        COMPREPLY+=("$name")
    done < <(compgen -f -- "$1")
    compopt -o filenames 2>/dev/null
}

# In either case, as blynkctl takes them. A daemon that does not answer costs half a second.
_blynkctl_offer_pins()
{
    local begin=$1 program=$2 socket=$3 pin
    while IFS=$'\t' read -r pin _; do
        if [[ $pin =~ ^[VDA][0-9]{1,3}$ ]]; then
            _blynkctl_offer "${begin^^}" "$pin"
        fi
    done < <("$program" ${socket:+--socket "$socket"} --timeout 500ms get </dev/null 2>/dev/null)
}

# What kind of word an argument is to be, by its name in the help.
_blynkctl_offer_kind()
{
    case $1 in
    FILE | PATH) _blynkctl_offer_files "$2" ;;
    WHEN) _blynkctl_offer "$2" auto always never ;;
    esac
}

# _blynkctl_offer_argument WORD POSITION PREVIOUS ARGUMENTS PROGRAM SOCKET
_blynkctl_offer_argument()
{
    local word=$1 position=$2 previous=$3 arguments=$4
    local -a forms literals=() options=()
    local form last=''
    IFS=' []|' read -r -a forms <<<"$arguments"
    for form in "${forms[@]}"; do
        if [[ $previous == -* && $last == "$previous" && $form =~ ^[A-Z]+$ ]]; then
            _blynkctl_offer_kind "$form" "$word"
            return
        fi
        if [[ $form == -?* ]]; then
            options+=("$form")
        elif [[ $form =~ ^[a-z]+$ ]]; then
            literals+=("$form")
        fi
        if [[ $form ]]; then
            last=$form
        fi
    done
    if [[ $word == -* ]]; then
        _blynkctl_offer "$word" "${options[@]}"
        return
    fi
    # A command's own words come first (config show) or behind a name (resolve CODE all).
    if [[ $arguments =~ ^[a-z] && $position -eq 1 || ! $arguments =~ ^[a-z] && $position -gt 1 ]]; then
        _blynkctl_offer "$word" "${literals[@]}"
    fi
    if [[ $arguments =~ ^\[?(PIN|SERIES) && $position -eq 1 || $arguments == '[PIN'*...* ]]; then
        _blynkctl_offer_pins "$word" "$5" "$6"
    fi
    if [[ $arguments == *FILE* && $arguments != *--*FILE* ]]; then
        _blynkctl_offer_files "$word"
    fi
}

_blynkctl()
{
    local program=$1 word=$2
    local -A arguments=([-s]=PATH [-c]=FILE)
    local -a names=() options=()
    local name form socket='' command='' previous='' position=0 i
    COMPREPLY=()
    while IFS=$'\t' read -r name form; do
        arguments[$name]=${form%%$'\t'*}
        if [[ $name == -* ]]; then
            options+=("$name")
        else
            names+=("$name")
        fi
    done < <("$program" help --names </dev/null 2>/dev/null | sed 's/\t\t/\t-\t/')

    for ((i = 1; i < COMP_CWORD; i++)); do
        name=${COMP_WORDS[i]}
        if [[ $name == = ]]; then
            continue # --socket=PATH comes as three words
        elif [[ $command ]]; then
            position=$((position + 1))
        elif [[ $previous == -* && ${arguments[$previous]:--} != - ]]; then
            if [[ $previous == -s || $previous == --socket ]]; then
                socket=$name
            fi
            name=
        elif [[ $name != -* ]]; then
            command=$name
        fi
        previous=$name
    done

    if [[ $command == help ]]; then
        _blynkctl_offer "$word" "${names[@]}"
    elif [[ $command ]]; then
        _blynkctl_offer_argument "$word" $((position + 1)) "$previous" "${arguments[$command]-}" "$program" "$socket"
    elif [[ $previous == -* && ${arguments[$previous]:--} != - ]]; then
        _blynkctl_offer_kind "${arguments[$previous]}" "${word#=}"
    elif [[ $word == -* ]]; then
        _blynkctl_offer "$word" "${options[@]}"
    else
        _blynkctl_offer "$word" "${names[@]}"
    fi
}

complete -F _blynkctl blynkctl
