import { METADATA_URL, type ConfigurationName, toOpaqueToken } from '../configurations.ts'
import { type ContractCase, each } from '../contract-case.ts'
import { claiming, forged, NOW, token, USUAL_CLAIMS } from '../fixture.ts'
import {
  type ExpectedOutcome,
  forbidden,
  insufficientAuthentication,
  insufficientScope,
  invalidToken,
  ok,
} from '../outcomes.ts'

type Required = ContractCase['requirements']

const MFA = 'urn:example:mfa'
const HARDWARE = 'urn:example:hardware'

const needsMfa: Required = { acr: MFA }
const needsRecent: Required = { maxAuthAge: 300 }
const needsBoth: Required = { acr: [HARDWARE, MFA], maxAuthAge: 300 }

const lacksMfa = insufficientAuthentication({ acr: MFA })
const lacksRecent = insufficientAuthentication({ maxAge: 300 })
const user = ok({ clientId: 'web' }, 'user')

const ALICE = JSON.stringify({ ...USUAL_CLAIMS, sub: 'alice', client_id: 'web' })

/** Returns a JWT of a user with these claims, which are JSON text without braces. */
const jwtOfAlice = (claims: string) => claiming(`${ALICE.slice(0, -1)}${claims && `,${claims}`}}`)

/** Returns an opaque token of the same user, whose response contains the same claims. */
const opaqueOfAlice = (claims: string) =>
  toOpaqueToken(`{"sub":"alice","client_id":"web"${claims && `,${claims}`}}`)

/** Two configurations: of an API for JWTs, and of the same API for opaque tokens. */
type Apis = readonly [jwts: ConfigurationName, opaqueTokens: ConfigurationName]

const USUAL: Apis = ['usual', 'opaque tokens']

/** Returns two cases for the claims of a user in each row: one with a JWT, and one with an introspection response. */
function ofUser(
  ids: readonly string[],
  title: string,
  outcome: ExpectedOutcome,
  rows: Readonly<Record<string, string>>,
  requirements: Required,
  [jwts, opaqueTokens]: Apis = USUAL,
): readonly ContractCase[] {
  const map = (toToken: (claims: string) => string, form: string) =>
    Object.fromEntries(
      Object.entries(rows).map(([what, claims]) => [`${what}, in ${form}`, toToken(claims)]),
    )
  const more = requirements && { requirements }
  return [
    ...each(ids, title, outcome, map(jwtOfAlice, 'a JWT'), { configuration: jwts, ...more }),
    ...each(ids, title, outcome, map(opaqueOfAlice, 'a response'), {
      configuration: opaqueTokens,
      ...more,
    }),
  ]
}

/** Cases for the requirements `acr` and `maxAuthAge` (RFC 9470). */
export const stepUp: readonly ContractCase[] = [
  ...ofUser(
    ['9470-06'],
    'grants a token with a required acr',
    user,
    { 'the only one': `"acr":"${MFA}"` },
    needsMfa,
  ),
  ...ofUser(
    ['9470-06'],
    'grants a token with one of several accepted values of acr, and a recent auth_time',
    user,
    {
      'the first one': `"acr":"${HARDWARE}","auth_time":${NOW}`,
      'the second one': `"acr":"${MFA}","auth_time":${NOW - 300}`,
    },
    needsBoth,
  ),
  ...ofUser(
    ['9470-01', '9470-06'],
    'challenges a token whose acr is not the required one',
    lacksMfa,
    { 'another acr': '"acr":"urn:example:password"' },
    needsMfa,
  ),
  ...ofUser(
    ['9470-02'],
    'names the accepted values of acr in their order',
    insufficientAuthentication({ acr: `${HARDWARE} ${MFA} urn:a` }),
    { 'another acr': '"acr":"urn:b"' },
    { acr: [HARDWARE, MFA, HARDWARE, 'urn:a'] },
  ),
  ...ofUser(
    ['9470-03', '9470-06'],
    'challenges a token whose auth_time is too old',
    lacksRecent,
    {
      'one second more than the clock tolerance': `"auth_time":${NOW - 306}`,
      'half a second more than the clock tolerance': `"auth_time":${NOW - 305.5}`,
      'the epoch': '"auth_time":0',
      'a negative time': '"auth_time":-1',
      'negative infinity': '"auth_time":-1e400',
    },
    needsRecent,
  ),
  ...ofUser(
    ['9470-04'],
    'names acr_values and max_age in one challenge if both are required',
    insufficientAuthentication({ acr: `${HARDWARE} ${MFA}`, maxAge: 300 }),
    {
      'both are missing': '',
      'acr is missing': `"auth_time":${NOW}`,
      'auth_time is too old': `"acr":"${MFA}","auth_time":1`,
    },
    needsBoth,
  ),
  ...ofUser(
    ['9470-05'],
    'adds the scope of the route to the challenge',
    insufficientAuthentication({ acr: MFA, scope: 'write' }),
    { 'scope and acr are missing': '"acr":"urn:a"' },
    { acr: MFA, scope: 'write' },
  ),
  ...ofUser(
    ['9470-05'],
    'refuses a token with the required acr and without the scope',
    insufficientScope('write'),
    { 'only the scope is missing': `"acr":"${MFA}"` },
    { acr: MFA, scope: 'write' },
  ),
  ...ofUser(
    ['9470-05', '9728-14'],
    'adds the scope and the address of the metadata to the challenge',
    insufficientAuthentication({ acr: MFA, maxAge: 0, scope: 'read', metadata: METADATA_URL }),
    { 'no acr': '' },
    { acr: MFA, maxAuthAge: 0, scope: 'read' },
    ['a resource', 'opaque tokens and a resource'],
  ),
  ...ofUser(
    ['9470-07'],
    'challenges a token whose acr is missing or not a string',
    lacksMfa,
    {
      missing: '',
      'an array': `"acr":["${MFA}"]`,
      'an object': `"acr":{"0":"${MFA}"}`,
      'a number': '"acr":1',
      true: '"acr":true',
      'in __proto__': `"__proto__":{"acr":"${MFA}"}`,
      'in a nested object': `"x":{"acr":"${MFA}"}`,
    },
    needsMfa,
  ),
  ...each(
    ['9470-07'],
    'challenges a token whose acr is null, as if it were missing',
    lacksMfa,
    { 'a JWT': jwtOfAlice('"acr":null') },
    { requirements: { acr: MFA } },
  ),
  ...ofUser(
    ['9470-07'],
    'challenges a token whose auth_time is missing, not a number, or in the future',
    lacksRecent,
    {
      missing: '',
      'a string': `"auth_time":"${NOW}"`,
      'an array': `"auth_time":[${NOW}]`,
      true: '"auth_time":true',
      infinity: '"auth_time":1e400',
      'more than the clock tolerance in the future': `"auth_time":${NOW + 6}`,
      'a time in milliseconds': `"auth_time":${NOW * 1000}`,
    },
    needsRecent,
  ),
  ...ofUser(
    ['9470-07'],
    'grants a token whose auth_time is within the clock tolerance',
    user,
    { 'five seconds in the future': `"auth_time":${NOW + 5}` },
    needsRecent,
  ),
  ...ofUser(
    ['9470-11'],
    'accepts only an auth_time of now if maxAuthAge and the clock tolerance are 0',
    user,
    { now: `"auth_time":${NOW}` },
    { maxAuthAge: 0 },
    ['clockTolerance 0', 'opaque tokens, clockTolerance 0'],
  ),
  ...ofUser(
    ['9470-11'],
    'challenges every other auth_time if maxAuthAge and the clock tolerance are 0',
    insufficientAuthentication({ maxAge: 0 }),
    { 'one second ago': `"auth_time":${NOW - 1}`, 'in one second': `"auth_time":${NOW + 1}` },
    { maxAuthAge: 0 },
    ['clockTolerance 0', 'opaque tokens, clockTolerance 0'],
  ),
  ...ofUser(
    ['9470-11'],
    'accepts an authentication that is exactly maxAuthAge old',
    user,
    { 'without a clock tolerance': `"auth_time":${NOW - 300}` },
    needsRecent,
    ['clockTolerance 0', 'opaque tokens, clockTolerance 0'],
  ),
  ...ofUser(
    ['9470-11'],
    'grants a token whose authentication is as old as maxAuthAge plus the clock tolerance',
    user,
    { 'five seconds more than maxAuthAge': `"auth_time":${NOW - 305}` },
    needsRecent,
  ),
  ...ofUser(
    ['9470-12'],
    'challenges a token whose acr only resembles the required value',
    lacksMfa,
    {
      'upper case': '"acr":"URN:EXAMPLE:MFA"',
      'a longer value': `"acr":"${MFA}:hardware"`,
      'a prefix': '"acr":"urn:example"',
      'a trailing space': `"acr":"${MFA} "`,
      'two values in one string': `"acr":"urn:a ${MFA}"`,
      empty: '"acr":""',
    },
    needsMfa,
  ),
  ...ofUser(
    ['9470-12'],
    'challenges a token whose acr is a higher number, or a number instead of a text',
    insufficientAuthentication({ acr: '1' }),
    { 'a higher level': '"acr":"2"', 'the level as a number': '"acr":1' },
    { acr: '1' },
  ),
  ...each(
    ['9470-09'],
    'rejects an invalid token before it checks acr and auth_time',
    invalidToken('expired'),
    { expired: claiming({ sub: 'alice', client_id: 'web', exp: 1 }) },
    { requirements: needsBoth },
  ),
  ...each(
    ['9470-09'],
    'rejects an invalid token before it checks acr and auth_time',
    invalidToken('invalid_signature'),
    { forged: forged(token()) },
    { requirements: needsBoth },
  ),
  ...each(
    ['9470-09'],
    'rejects an inactive token before it checks acr and auth_time',
    invalidToken('inactive'),
    { 'an opaque token': 'made-up' },
    { configuration: 'opaque tokens', requirements: needsBoth },
  ),
  ...each(
    ['9470-10'],
    'refuses a machine without acr or auth_time, and does not challenge it',
    forbidden('wrong_subject'),
    {
      'without both': token(),
      'with acr only': claiming({ acr: MFA }),
      'with another acr': claiming({ acr: 'urn:a' }),
    },
    { requirements: needsBoth },
  ),
  ...each(
    ['9470-10'],
    'refuses a machine without acr or auth_time, and does not challenge it',
    forbidden('wrong_subject'),
    { 'an opaque token': toOpaqueToken('{}') },
    { configuration: 'opaque tokens', requirements: needsBoth },
  ),
  ...each(
    ['9470-10'],
    'refuses a machine because of its subject before it checks acr and the scope',
    forbidden('wrong_subject'),
    { 'a machine without acr and scope': token() },
    { requirements: { subject: 'user', acr: MFA, scope: 'write' } },
  ),
  ...each(
    ['9470-10'],
    'refuses a machine before it checks the scope',
    forbidden('wrong_subject'),
    { 'a machine without acr and scope': token() },
    { requirements: { acr: MFA, scope: 'write' } },
  ),
  ...ofUser(
    ['9470-10'],
    'challenges a caller whose subject kind is unknown',
    lacksMfa,
    { 'no rule for subjects': '' },
    needsMfa,
    ['no option for subjects', 'opaque tokens, no option for subjects'],
  ),
]
