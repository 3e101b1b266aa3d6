/**
 * Completion scripts for shells, made from what the command line knows of itself.
 *
 * @module
 */

/** The shells that scripts can be made for. */
export const shells = ["bash", "zsh", "fish"] as const;

/** A shell that a script can be made for. */
export type Shell = typeof shells[number];

/** A subcommand, as completion sees it. */
export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** The values that its first argument can have, where they are few. */
  readonly argumentValues?: readonly string[];
}

/** An option, as completion sees it. */
export interface CompletedOption {
  /** With its dashes. */
  readonly flag: string;
  readonly description: string;
  /** The values that it can have, where they are few. */
  readonly values?: readonly string[] | undefined;
}

/** Makes the script that teaches a shell a program's commands and options. */
export function completionScript(
  shell: Shell,
  program: string,
  commands: readonly CompletedCommand[],
): string {
  return { bash, zsh, fish }[shell](program, commands);
}

function bash(program: string, commands: readonly CompletedCommand[]): string {
  const byCommand = commands.map(({ name, options, argumentValues = [] }) =>
    `    ${name}) words="${[...options.map(({ flag }) => flag), ...argumentValues].join(" ")}" ;;\n`
  ).join("");
  const byOption = valuedOptions(commands).map(({ flag, values }) =>
    `    ${flag}) COMPREPLY=($(compgen -W "${values!.join(" ")}" -- "$word")); return ;;\n`
  ).join("");
  return `# ${program} completion for bash; to use it: source <(${program} completions bash)
_${program}() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words
  COMPREPLY=()
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${byOption}  esac
  if ((COMP_CWORD == 1)); then
    words="${commands.map(({ name }) => name).join(" ")} --help --version"
  else case "\${COMP_WORDS[1]}" in
${byCommand}  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _${program} ${program}
`;
}

function zsh(program: string, commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name, description }) => `    '${name}:${plain(description)}'\n`);
  const cases = commands.map(({ name, options, argumentValues }) => {
    const specs = options.map(({ flag, description, values }) =>
      ` '${flag}[${plain(description)}]${values ? `:value:(${values.join(" ")})` : ""}'`
    );
    const first = argumentValues ? ` '1:value:(${argumentValues.join(" ")})'` : "";
    return `    ${name}) _arguments${first}${specs.join("")} ;;\n`;
  });
  return `#compdef ${program}
# ${program} completion for zsh; to use it: source <(${program} completions zsh)
_${program}() {
  local -a commands=(
${names.join("")}  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join("")}  esac
}
compdef _${program} ${program}
`;
}

function fish(program: string, commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name, description, options, argumentValues }) => {
    const seen = `complete -c ${program} -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c ${program} -n __fish_use_subcommand -a ${name} -d '${plain(description)}'`,
      ...options.map(({ flag, description, values }) =>
        `${seen} -l ${flag.replace(/^--/, "")} -d '${plain(description)}'` +
        (values ? ` -x -a '${values.join(" ")}'` : "")
      ),
      ...argumentValues ? [`${seen} -a '${argumentValues.join(" ")}'`] : [],
    ];
  });
  return `# ${program} completion for fish; to use it: ${program} completions fish | source
complete -c ${program} -f
${lines.join("\n")}
`;
}

function valuedOptions(commands: readonly CompletedCommand[]): CompletedOption[] {
  return commands.flatMap(({ options }) => options).filter(({ values }) => values !== undefined);
}

/** Without what the shells would read as their own. */
function plain(description: string): string {
  return description.replaceAll(/['"\[\]:$`\\]/g, "");
}
