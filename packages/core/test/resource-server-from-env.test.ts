import { describe, expect, it } from 'vitest'
import { AUDIENCE, ISSUER } from '../../../test/support/issuer.ts'
import {
  ConfigurationError,
  createResourceServer,
  optionsFromEnv,
  resourceServerFromEnv,
} from '../src/index.ts'
import { COMMON_OPTIONS } from '../src/options/common-options.ts'
import { ISSUER_OPTIONS } from '../src/options/issuer-options.ts'
import { withPollutedPrototype } from './support/with-polluted-prototype.ts'

const GOOD = { BEARWARD_ISSUER: ISSUER, BEARWARD_AUDIENCE: AUDIENCE }

/** Returns the problems of variables that are added to valid ones. */
function getProblems(variables: Readonly<Record<string, string>>): readonly string[] {
  try {
    resourceServerFromEnv({ ...GOOD, ...variables })
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    expect((error as Error).message).toMatch(/^The environment variables of Bearward are wrong:\n/)
    return (error as ConfigurationError).problems
  }
}

describe('resourceServerFromEnv', () => {
  it('createResourceServer with optionsFromEnv rejects a BEARWARD_AUDIENCE with several audiences, or with a line end after the audience', () => {
    const read = (more: Record<string, string>) => () =>
      createResourceServer(optionsFromEnv({ ...GOOD, ...more }))
    expect(read({ BEARWARD_AUDIENCE: 'orders reports' })).toThrow(
      'BEARWARD_AUDIENCE must be one audience without white space. For several audiences, use createBearward({ audience: [...] }).',
    )
    expect(read({ BEARWARD_AUDIENCE: 'orders\r' })).toThrow(
      'audience begins or ends with white space, such as a line end: remove it.',
    )
  })

  it('resourceServerFromEnv reports all problems of the environment by the names of the variables', () => {
    expect(
      getProblems({
        BEARWARD_ISSUER: 'http://as.example.com',
        BEARWARD_CLOCK_TOLERANCE: '301',
        BEARWARD_JWT_PROFILE: 'JWT',
      }),
    ).toEqual([
      "BEARWARD_JWT_PROFILE must be 'rfc9068'.",
      'BEARWARD_CLOCK_TOLERANCE must be a number of seconds from 0 to 300, not 301.',
      expect.stringMatching(
        /^BEARWARD_ISSUER must be an https address.* set BEARWARD_JWKS_URI or the option jwks\.$/,
      ),
    ])
  })

  it.each<[variables: Record<string, string>, problem: string]>([
    [
      { BEARWARD_JWKS_URI: 'http://keycloak/jwks' },
      'BEARWARD_JWKS_URI must be an https address without user name, password and fragment. http is accepted on loopback and for hosts in BEARWARD_ALLOW_INSECURE_HOSTS.',
    ],
    [
      { BEARWARD_ISSUER: 'acme' },
      'BEARWARD_ISSUER is not an https address, so its keys cannot be discovered. Set BEARWARD_JWKS_URI or the option jwks.',
    ],
    [
      { BEARWARD_ISSUER: 'https://as.example.com/{tenantid}' },
      'BEARWARD_ISSUER contains {tenantid}, which requires the option tenants: set the ids of the accepted tenants.',
    ],
    [
      { BEARWARD_ALGORITHMS: 'RS256 HS256' },
      'BEARWARD_ALGORITHMS can contain HS256, HS384 and HS512 only for an issuer with a secret: remove them, or set the option secret.',
    ],
    [
      { BEARWARD_PROVIDER: 'github-actions', BEARWARD_MACHINE_CLIENTS: 'cron' },
      'BEARWARD_MACHINE_CLIENTS cannot match: JWTs of github-actions usually contain no client id. Remove this option, or set BEARWARD_CLIENT_ID_CLAIM if your JWTs contain a client id.',
    ],
    [
      { BEARWARD_PROVIDER: 'keyclock' },
      "BEARWARD_PROVIDER 'keyclock' is not a known provider. Did you mean keycloak?",
    ],
    [
      { BEARWARD_CLOCK_TOLERANCE: '5 s' },
      'BEARWARD_CLOCK_TOLERANCE must be a number of seconds from 0 to 300, not NaN.',
    ],
  ])('resourceServerFromEnv names the variables in the problem of %j', (variables, problem) => {
    expect(getProblems(variables)).toEqual([problem])
  })

  it('resourceServerFromEnv returns the same server until a BEARWARD_* variable changes', () => {
    const server = resourceServerFromEnv(GOOD)
    expect(resourceServerFromEnv({ ...GOOD, OTHER: 'a' })).toBe(server)
    expect(resourceServerFromEnv({ ...GOOD, BEARWARD_CLOCK_TOLERANCE: '0' })).not.toBe(server)
  })
})

describe('optionsFromEnv', () => {
  it('optionsFromEnv returns the parsed values of BEARWARD_* variables, and ignores other variables', () => {
    expect(
      optionsFromEnv({
        ...GOOD,
        BEARWARD_JWKS_URI: 'https://as.example.com/jwks',
        BEARWARD_ALGORITHMS: ' RS256  ES256',
        BEARWARD_JWT_PROFILE: 'rfc9068',
        BEARWARD_PROVIDER: 'keycloak',
        BEARWARD_CLIENT_ID_CLAIM: 'azp',
        BEARWARD_SCOPE_CLAIM: 'scp',
        BEARWARD_SCOPE_FORMAT: 'array',
        BEARWARD_MACHINE_SUBJECT: 'client_id',
        BEARWARD_MACHINE_CLIENTS: 'cron probe',
        BEARWARD_CLOCK_TOLERANCE: '1.5',
        BEARWARD_ALLOW_INSECURE_HOSTS: 'keycloak',
        HOME: '/root',
      }),
    ).toEqual({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUri: 'https://as.example.com/jwks',
      algorithms: ['RS256', 'ES256'],
      jwtProfile: 'rfc9068',
      provider: 'keycloak',
      clientIdClaim: 'azp',
      scopeClaim: 'scp',
      scopeFormat: 'array',
      machineSubject: 'client_id',
      machineClients: ['cron', 'probe'],
      clockTolerance: 1.5,
      allowInsecureHosts: ['keycloak'],
    })
  })

  it('the name of each variable is BEARWARD_ and its option in upper case with underscores', () => {
    const options = Object.entries({ ...ISSUER_OPTIONS, ...COMMON_OPTIONS })
    const variables = options.flatMap(([option, { variable }]) =>
      variable === undefined ? [] : [[variable.name, option] as const],
    )
    expect(variables.length).toBeGreaterThan(10)
    for (const [variable, option] of variables) {
      const words = option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
      expect(variable).toBe(`BEARWARD_${words}`)
    }
  })

  it('optionsFromEnv reports all missing and all unknown variables, and ignores empty ones', () => {
    const variables = { BEARWARD_ISSUER: '', BEARWARD_REALM: '', BEARWARD_JWKSURI: 'a' }
    expect(() => optionsFromEnv(variables)).toThrow(
      /BEARWARD_JWKSURI is not an environment variable of Bearward\. Did you mean BEARWARD_JWKS_URI\?[^]*BEARWARD_ISSUER is not set: [^]*BEARWARD_AUDIENCE is not set: [^]*\.$/,
    )
  })

  it('optionsFromEnv ignores variables on Object.prototype', () => {
    const inherited = { BEARWARD_SCOPE_CLAIM: 'polluted' }
    expect(withPollutedPrototype(inherited, () => optionsFromEnv(GOOD))).toEqual({
      issuer: ISSUER,
      audience: AUDIENCE,
    })
  })
})
