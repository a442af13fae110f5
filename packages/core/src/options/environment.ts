import { Problems } from '../configuration-problems.ts'
import { ConfigurationError } from '../errors.ts'
import { isRecord } from '../lib/objects.ts'
import { type CommonOptions, OPTIONS_WITHOUT_PARTS } from './common-options.ts'
import { type IssuerOptions, OPTIONS_WITHOUT_INTROSPECTION } from './issuer-options.ts'
import type { OptionSource } from './option-source.ts'

/** The options that environment variables can set. */
export type OptionsFromEnv = IssuerOptions &
  Pick<CommonOptions, 'allowInsecureHosts' | 'resource'> &
  (Required<Pick<IssuerOptions, 'audience'>> | Required<Pick<CommonOptions, 'resource'>>)

/** The options that environment variables set, by the name of the variable. */
const VARIABLES = /* @__PURE__ */ listVariables()

function listVariables() {
  const rows = Object.entries({ ...OPTIONS_WITHOUT_INTROSPECTION, ...OPTIONS_WITHOUT_PARTS })
  return new Map(
    rows.flatMap(([option, { required, variable }]) =>
      variable === undefined ? [] : [[variable.name, { ...variable, option, required }] as const],
    ),
  )
}

const VARIABLE = {
  one: 'an environment variable of Bearward',
  all: 'environment variables of Bearward',
}

/** The advice for each required variable, by its option. */
const HOW_TO_SET: Readonly<Record<string, string>> = {
  issuer: 'set it to the issuer identifier, as in iss',
}

/** The environment as a source of options. Problems name the variable, or the option if it has no variable. */
export const ENVIRONMENT: OptionSource = {
  title: 'The environment variables of Bearward are wrong',
  toName: (name) =>
    [...VARIABLES.values()].find(({ option }) => option === name)?.name ?? `the option ${name}`,
}

/**
 * Reads options from the `BEARWARD_*` environment variables. Entries of a list are separated by spaces. An empty variable is
 * treated as not set.
 *
 * Does NOT validate the values: `createResourceServer` does.
 *
 * @throws {ConfigurationError} if `BEARWARD_ISSUER` is missing, or both `BEARWARD_AUDIENCE` and `BEARWARD_RESOURCE` are missing
 * @throws {ConfigurationError} if `BEARWARD_AUDIENCE` has white space inside, or an unknown variable begins with `BEARWARD_`
 * @example
 * const bearward = createBearward({ ...optionsFromEnv(process.env), onEvent: log })
 */
export function optionsFromEnv(
  environment: Readonly<Record<string, string | undefined>>,
): OptionsFromEnv {
  if (!isRecord(environment)) {
    throw new ConfigurationError(ENVIRONMENT.title, [
      'The environment is missing: call optionsFromEnv(process.env).',
    ])
  }
  const set = new Map(
    Object.entries(environment).filter(
      (entry): entry is [string, string] =>
        entry[0].startsWith('BEARWARD_') && entry[1] !== undefined && entry[1] !== '',
    ),
  )
  const problems = new Problems()
  problems.unknownNames(Object.fromEntries(set), [...VARIABLES.keys()], { kind: VARIABLE })
  for (const { name, option, required } of VARIABLES.values()) {
    if (required && !set.has(name)) problems.add(`${name} is not set: ${HOW_TO_SET[option]}.`)
  }
  if (!set.has('BEARWARD_AUDIENCE') && !set.has('BEARWARD_RESOURCE'))
    problems.add(
      'BEARWARD_AUDIENCE is not set: set it to the identifier of this API, as in aud. Or set BEARWARD_RESOURCE to the address of this API.',
    )
  if (/\S\s+\S/.test(set.get('BEARWARD_AUDIENCE') ?? '')) {
    problems.add(
      'BEARWARD_AUDIENCE must be one audience without white space. For several audiences, use createBearward({ audience: [...] }).',
    )
  }
  problems.throwAs(ENVIRONMENT.title)

  const options = [...set].map(([name, text]) => {
    const { option, parse } = VARIABLES.get(name)!
    return [option, parse(text)] as const
  })
  return Object.fromEntries(options) as unknown as OptionsFromEnv
}
