/**
 * Completion scripts for shells, made from the table of subcommands and options.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- the script is what was asked for
import { Argument, type Command } from "commander";

const shells = ["bash", "zsh", "fish"] as const;

type Shell = typeof shells[number];

/** A subcommand, as completion sees it. */
interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** The values that its first argument can have, if they are few. */
  readonly argumentValues?: readonly string[];
}

/** An option, as completion sees it. */
interface CompletedOption {
  /** With its dashes. */
  readonly flag: string;
  readonly description: string;
  /** The values that it can have, if they are few. */
  readonly values?: readonly string[] | undefined;
}

/** Adds the subcommand `completions`, which prints a script for all subcommands that a program has then. */
export function addCompletionsCommand(program: Command): void {
  program.command("completions")
    .description("print a completion script")
    .addArgument(new Argument("<shell>", "the shell to complete in").choices(shells))
    .action((shell: Shell) => console.log(completionScript(shell, program)));
}

function completionScript(shell: Shell, program: Command): string {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: optionsOf(command),
    ...argumentValuesOf(command),
  }));
  return { bash, zsh, fish }[shell](program.name(), commands);
}

/** The options of a command and of those below it, each once. */
function optionsOf(command: Command): CompletedOption[] {
  const options = [command, ...command.commands].flatMap(({ options }) => options);
  const byFlag = new Map(options.map((option) => [option.long!, option]));
  return [...byFlag].map(([flag, { description, argChoices: values }]) => ({
    flag,
    description,
    values,
  }));
}

/** The commands below a command, or what its first argument can be. */
function argumentValuesOf({ commands, registeredArguments }: Command) {
  const argumentValues = commands.length > 0
    ? commands.map((command) => command.name())
    : registeredArguments[0]?.argChoices;
  return argumentValues && { argumentValues };
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

/** Removes what the shells would read as their own. */
function plain(description: string): string {
  return description.replaceAll(/['"\[\]:$`\\]/g, "");
}
