import { Argument, type Command, type Option } from 'commander';
import { loadConfig } from '../config/load.ts';
import type { Io } from './io.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/**
 * Scripts that ask the program itself for completions, so that names of sources and webhooks come from the
 * configuration.
 */
const SCRIPTS: { readonly [shell in Shell]: string } = {
  bash: `_pollhook() {
  local IFS=$'\\n'
  COMPREPLY=($(pollhook complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _pollhook pollhook
`,
  zsh: `#compdef pollhook
_pollhook() {
  local -a found
  found=("\${(@f)$(pollhook complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then compadd -a found; else _files; fi
}
if [[ "\${funcstack[1]}" == _pollhook ]]; then _pollhook "$@"; else compdef _pollhook pollhook; fi
`,
  fish: `complete -c pollhook -f -a '(pollhook complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
complete -c pollhook -s c -l config -r -F
`,
};

/** Adds `completion`, and the hidden command that its scripts call. */
export function addCompletion(program: Command, file: string, io: Io): void {
  program
    .command('completion')
    .description('print a script that completes commands, options and names')
    .addArgument(new Argument('<shell>', 'that reads it').choices(SHELLS))
    .addHelpText(
      'after',
      `
bash: echo 'source <(pollhook completion bash)' >> ~/.bashrc
zsh:  echo 'source <(pollhook completion zsh)' >> ~/.zshrc, after compinit
fish: pollhook completion fish > ~/.config/fish/completions/pollhook.fish`,
    )
    .action((shell: Shell) => io.out(SCRIPTS[shell]));
  program.command('complete [words...]', { hidden: true }).action((words: string[]) => {
    const fitting = completions(program, words, (kind) => namesIn(configIn(words) ?? file, kind, io));
    io.out(fitting.map((one) => `${one}\n`).join(''));
  });
}

type Kind = 'source' | 'webhook';

/**
 * Completions of the last word.
 *
 * @param words what stands after `pollhook`; the last one is being written, and may be empty
 * @param names of the sources or webhooks of the configuration
 */
export function completions(
  program: Command,
  words: readonly string[],
  names: (kind: Kind) => readonly string[],
): readonly string[] {
  const word = words.at(-1) ?? '';
  let command = program;
  let awaiting: Option | undefined;
  let position = 0;
  for (const before of words.slice(0, -1)) {
    const option = awaiting ? undefined : optionOf(command, before);
    const inner = awaiting || option ? undefined : command.commands.find((one) => one.name() === before);
    if (inner) [command, position] = [inner, 0];
    else if (!awaiting && !before.startsWith('-')) position += 1;
    awaiting = option && (option.required || option.optional) ? option : undefined;
  }
  return candidates().filter((one) => one.startsWith(word));

  function candidates(): readonly string[] {
    if (awaiting) return awaiting.argChoices ?? namesFor(awaiting.long?.slice(2) ?? '');
    if (word.startsWith('-'))
      return [...command.options.map(({ long }) => long ?? ''), '--help'].filter(Boolean);
    if (command.commands.length > 0) {
      const shown = program.createHelp().visibleCommands(command);
      return shown.map((one) => one.name());
    }
    const places = command.registeredArguments;
    const place = places[position] ?? (places.at(-1)?.variadic ? places.at(-1) : undefined);
    return place?.argChoices ?? namesFor(place?.name() ?? '');
  }

  function namesFor(place: string): readonly string[] {
    if (place === 'name') return [...names('source'), ...names('webhook')];
    return place === 'source' || place === 'webhook' ? names(place) : [];
  }
}

function optionOf({ options }: Command, word: string): Option | undefined {
  return options.find(({ short, long }) => word === short || word === long);
}

function configIn(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => word === '-c' || word === '--config');
  return at < 0 ? undefined : words[at + 1];
}

/** Names in the configuration; none if it is invalid, since completion cannot show mistakes. */
function namesIn(file: string, kind: Kind, { env }: Io): readonly string[] {
  const loaded = loadConfig(file, env);
  return loaded.kind === 'ok' ? [...loaded.config[`${kind}s`].keys()] : [];
}
