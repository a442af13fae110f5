import { ConfigurationError } from '../errors.ts'
import type { ResourceServerOptions } from './options.ts'
import { Problems } from '../problems.ts'

/** The environment variables that configure a stand-alone guard, and the option each one sets. */
const VARIABLES = {
  BEARWARD_ISSUER: 'issuer',
  BEARWARD_AUDIENCE: 'audience',
  BEARWARD_JWKS_URI: 'jwksUri',
  BEARWARD_ALGORITHMS: 'algorithms',
  BEARWARD_TOKEN_TYPE: 'tokenType',
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

/**
 * Reads options from `BEARWARD_*` variables. Lists are separated by spaces; an empty variable counts as
 * not set. The values are validated where the options are. Throws a `ConfigurationError` where a
 * variable begins with `BEARWARD_` and is none of these, or where issuer or audience is missing.
 */
export function environmentOptions(
  environment: Readonly<Record<string, string | undefined>>,
): ResourceServerOptions {
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
  return Object.fromEntries(options) as ResourceServerOptions
}

/** What is wrong with options from the environment, in its own words: by variable where an option is named. */
export function inVariables(error: ConfigurationError): ConfigurationError {
  const variables = new Map(Object.entries(VARIABLES).map(([name, option]) => [option, name]))
  const problems = error.problems.map((problem) =>
    problem.replace(/^\w+/, (option) => variables.get(option as never) ?? option),
  )
  return new ConfigurationError(WRONG, problems)
}
