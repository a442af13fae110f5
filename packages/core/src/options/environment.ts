import { ConfigurationError } from '../errors.ts'
import type { CommonOptions, IssuerOptions } from './options.ts'
import { Problems } from '../configuration-problems.ts'

/** The environment variables that configure a stand-alone guard, and the option each one sets. */
const VARIABLES = {
  BEARWARD_ISSUER: 'issuer',
  BEARWARD_AUDIENCE: 'audience',
  BEARWARD_JWKS_URI: 'jwksUri',
  BEARWARD_ALGORITHMS: 'algorithms',
  BEARWARD_JWT_PROFILE: 'jwtProfile',
  BEARWARD_PROVIDER: 'provider',
  BEARWARD_CLIENT_ID_CLAIM: 'clientIdClaim',
  BEARWARD_SCOPE_CLAIM: 'scopeClaim',
  BEARWARD_SCOPE_FORMAT: 'scopeFormat',
  BEARWARD_MACHINE_SUBJECT: 'machineSubject',
  BEARWARD_MACHINE_CLIENTS: 'machineClients',
  BEARWARD_CLOCK_TOLERANCE: 'clockTolerance',
  BEARWARD_ALLOW_INSECURE_HOSTS: 'allowInsecureHosts',
} as const

const WRONG = 'The environment does not configure Bearward'

const LISTS: readonly string[] = ['algorithms', 'machineClients', 'allowInsecureHosts']
const NUMBERS: readonly string[] = ['clockTolerance']

/** The options that environment variables can set. */
export type OptionsFromEnv = IssuerOptions & Pick<CommonOptions, 'allowInsecureHosts'>

/**
 * Reads options from `BEARWARD_*` variables. Lists are separated by spaces. An empty variable counts as not
 * set. Throws a `ConfigurationError` if `BEARWARD_ISSUER` or `BEARWARD_AUDIENCE` is missing, or if another name
 * begins with `BEARWARD_`.
 *
 * Does NOT validate the values: `createResourceServer` does.
 *
 * @example
 * const bearward = createBearward({ ...optionsFromEnv(process.env), onEvent: log })
 */
export function optionsFromEnv(
  environment: Readonly<Record<string, string | undefined>>,
): OptionsFromEnv {
  const problems = new Problems()
  const set = Object.entries(environment).filter(
    ([name, value]) => name.startsWith('BEARWARD_') && value !== undefined && value !== '',
  ) as [string, string][]
  problems.unknownNames(Object.fromEntries(set), Object.keys(VARIABLES))
  for (const name of ['BEARWARD_ISSUER', 'BEARWARD_AUDIENCE']) {
    if (!environment[name]) problems.add(`${name} is not set.`)
  }
  problems.throwAs(WRONG)

  const options = set.map(([name, text]) => {
    const option = VARIABLES[name as keyof typeof VARIABLES]
    if (LISTS.includes(option)) return [option, text.split(' ').filter((entry) => entry !== '')]
    return [option, NUMBERS.includes(option) ? Number(text) : text]
  })
  return Object.fromEntries(options)
}

/** The same error with the names of variables instead of options. */
export function inVariables(error: ConfigurationError): ConfigurationError {
  const variables = new Map(Object.entries(VARIABLES).map(([name, option]) => [option, name]))
  const problems = error.problems.map((problem) =>
    problem.replace(/^\w+/, (option) => variables.get(option as never) ?? option),
  )
  return new ConfigurationError(WRONG, problems)
}
