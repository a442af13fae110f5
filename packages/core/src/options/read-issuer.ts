import { isAcceptableAddress } from '../authorization-server/address.ts'
import { parseJsonObject } from '../lib/json.ts'
import type { AlgorithmPolicy, IssuerSettings, KeyOrigin } from '../model/settings.ts'
import { toTenantIssuer, TENANT_PLACEHOLDER } from '../authorization-server/tenants.ts'
import { LIMITS } from '../limits.ts'
import {
  ALGORITHMS,
  type Algorithm,
  DEFAULT_ALGORITHMS,
  isAlgorithm,
  getTraits,
} from '../signature/algorithms.ts'
import type { Problems } from '../configuration-problems.ts'
import { isRecord } from '../lib/objects.ts'
import { canNameClient } from '../subject/client-id.ts'
import { readClaimSettings } from './read-claims.ts'
import { readIntrospection } from './read-introspection.ts'
import {
  checkIssuerAddress,
  type GivenOptions,
  isName,
  readChoice,
  readNames,
  readSeconds,
  type Say,
} from './read-values.ts'

export const ISSUER_OPTIONS = [
  'issuer',
  'tenants',
  'audience',
  'allowedClients',
  'jwksUri',
  'jwks',
  'secret',
  'algorithms',
  'tokenFormat',
  'introspection',
  'jwtProfile',
  'provider',
  'tokenUse',
  'clientIdClaim',
  'scopeClaim',
  'scopeFormat',
  'machineSubject',
  'machineClients',
  'clockTolerance',
  'maxTokenAge',
]

/**
 * Validates what is said about one issuer and fills in the defaults. An issuer with tenants becomes as many
 * issuers, which share their keys. What is wrong goes to `problems`;
 * the settings are only good where nothing was added. `at` stands before the names in the messages.
 */
export function readIssuer(
  options: GivenOptions,
  insecureHosts: readonly string[],
  problems: Problems,
  at: string,
): readonly IssuerSettings[] {
  const say = (problem: string) => problems.add(at + problem)
  const given = readKeyOrigin(options, insecureHosts, say)
  const algorithms = readAlgorithms(options['algorithms'], given, say)
  const introspection = readIntrospection(
    options['introspection'],
    algorithms.algorithms,
    insecureHosts,
    say,
  )
  const tokenFormat =
    readChoice(options['tokenFormat'], ['jwt', 'opaque', 'any'], 'tokenFormat', say) ?? 'jwt'
  const needsKeys = tokenFormat !== 'opaque' || introspection?.response === 'jwt'
  const keyOrigin: KeyOrigin = needsKeys ? given : { kind: 'unused' }
  const undiscoverable = [
    ...(keyOrigin.kind === 'discovery' ? ['keys cannot be discovered: give jwksUri or jwks.'] : []),
    ...(introspection !== undefined && introspection.endpoint === undefined
      ? ['introspection endpoint cannot be discovered: give introspection.endpoint.']
      : []),
  ]
  const issuer = readIssuerIdentifier(options['issuer'], undiscoverable, insecureHosts, say)
  const settings: IssuerSettings = {
    issuer,
    metadataIssuer: issuer,
    tenant: undefined,
    audiences: readAudiences(options, say),
    allowedClients: readNames(options['allowedClients'], 'allowedClients', say),
    keyOrigin,
    algorithms,
    tokenFormat,
    introspection,
    jwtProfile: readChoice(options['jwtProfile'], ['rfc9068'], 'jwtProfile', say),
    ...readClaimSettings(options, issuer, say),
    clockTolerance:
      readSeconds(options['clockTolerance'], 'clockTolerance', 0, LIMITS.clockTolerance, say) ?? 5,
    maxTokenAge: readSeconds(
      options['maxTokenAge'],
      'maxTokenAge',
      1,
      Number.MAX_SAFE_INTEGER,
      say,
    ),
  }
  checkClients(settings, say)
  if (settings.audiences === null) checkAudienceless(settings, say)
  const tenants = readTenants(options['tenants'], issuer, say)
  if (tokenFormat !== 'jwt' && introspection === undefined) {
    say(
      `tokenFormat '${tokenFormat}' requires introspection: { clientId, clientAuthentication }, to ask the issuer with.`,
    )
  }
  if (introspection !== undefined && tenants !== undefined)
    say('introspection does not go with tenants: give each one as an issuer.')
  if (tokenFormat === 'opaque') checkUseless(options, needsKeys, say)
  if (tenants === undefined) return [Object.freeze(settings)]
  return tenants.map((tenant) =>
    Object.freeze({ ...settings, issuer: toTenantIssuer(issuer, tenant), tenant }),
  )
}

function readIssuerIdentifier(
  issuer: unknown,
  undiscoverable: readonly string[],
  insecureHosts: readonly string[],
  say: Say,
): string {
  if (typeof issuer !== 'string' || issuer === '') {
    say(
      'issuer is missing: give the issuer identifier as it stands in the iss claim of its tokens.',
    )
    return ''
  }
  const isAddress = /^https?:/i.test(issuer)
  if (ENTRA_ENDPOINTS.test(issuer)) {
    say(
      `issuer stands in the iss of no token: give https://login.microsoftonline.com/${TENANT_PLACEHOLDER}/v2.0 and tenants, or the address with your own tenant's id.`,
    )
  }
  if (isAddress) checkIssuerAddress(issuer, insecureHosts, say)
  else {
    for (const what of undiscoverable) say(`issuer is no https address, so its ${what}`)
  }
  return issuer
}

/** Addresses of Microsoft for many tenants at once. Its tokens name their own tenant. */
const ENTRA_ENDPOINTS =
  /^https:\/\/(?:login\.microsoftonline\.com|sts\.windows\.net)\/(?:common|organizations|consumers)\//

function readTenants(tenants: unknown, issuer: string, say: Say): readonly string[] | undefined {
  const isTemplate = issuer.split(TENANT_PLACEHOLDER).length === 2
  if (tenants === undefined && !issuer.includes(TENANT_PLACEHOLDER)) return undefined
  if (tenants === undefined) {
    say(
      `issuer has ${TENANT_PLACEHOLDER} in it, which takes tenants: the ids of those that may call.`,
    )
  } else if (/^https?:\/\/[^/]*\{tenantid\}/i.test(issuer)) {
    say(`issuer has ${TENANT_PLACEHOLDER} in its host: it may only stand in the path.`)
  } else if (!isTemplate) {
    say(`tenants takes an issuer with one ${TENANT_PLACEHOLDER} in it.`)
  } else if (Array.isArray(tenants) && tenants.length > 0 && tenants.every(isTenant)) {
    return [...new Set(tenants)]
  } else {
    say('tenants must be an array with at least one tenant id.')
  }
  return undefined
}

function isTenant(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.-]+$/.test(value)
}

function readAudiences(options: GivenOptions, say: Say): readonly string[] | null {
  const { audience } = options
  if (audience === null) return null
  const names = typeof audience === 'string' ? [audience] : audience
  if (!Array.isArray(names) || names.length === 0 || !names.every(isName)) {
    say(
      'audience is missing: give the identifier of this API that the authorization server writes into aud, or several.',
    )
    return []
  }
  return Object.freeze([...names])
}

/** Lists of clients of which some could never call. */
function checkClients(settings: IssuerSettings, say: Say): void {
  const { allowedClients, subjects } = settings
  const { provider, machineClients } = subjects
  for (const [name, clients] of Object.entries({ allowedClients, machineClients })) {
    if (clients === undefined || canNameClient(settings)) continue
    say(
      `${name} can have no effect but to keep everybody out: JWTs of ${provider} name no client. Leave it out, or set clientIdClaim if yours do.`,
    )
  }
  if (machineClients?.every((client) => allowedClients?.includes(client) ?? true) === false) {
    say('machineClients names a client that is not in allowedClients: its tokens are refused.')
  }
}

function checkAudienceless(settings: IssuerSettings, say: Say): void {
  if (settings.allowedClients === undefined) {
    say(
      'audience: null requires allowedClients: without either, a token for any other API would be accepted.',
    )
  }
  const areVerifiedHere = settings.tokenFormat !== 'opaque'
  if (areVerifiedHere && settings.tokenUse === undefined && settings.jwtProfile === undefined) {
    say(
      "audience: null requires a rule that tells access tokens from ID tokens: tokenUse, or jwtProfile: 'rfc9068'.",
    )
  }
}

/** Whoever sets what has no effect relies on something that is not there. */
function checkUseless(options: GivenOptions, needsKeys: boolean, say: Say): void {
  if (options['jwtProfile'] !== undefined)
    say("jwtProfile has no effect with tokenFormat 'opaque': leave it out.")
  const ofKeys = ['jwksUri', 'jwks', 'secret', 'algorithms']
  const useless = needsKeys ? [] : ofKeys.filter((name) => options[name] !== undefined)
  for (const name of useless)
    say(
      `${name} has no effect with tokenFormat 'opaque': leave it out, or ask for signed answers with introspection.response: 'jwt'.`,
    )
}

function readKeyOrigin(
  options: GivenOptions,
  insecureHosts: readonly string[],
  say: Say,
): KeyOrigin {
  const { jwksUri, jwks, secret } = options
  const given = ['jwksUri', 'jwks', 'secret'].filter((name) => options[name] !== undefined)
  if (given.length > 1)
    say(`${given.join(' and ')} are given: the keys of an issuer have one origin.`)
  if (secret !== undefined) return { kind: 'secret', secret: readSecret(secret, say) }
  if (jwks !== undefined) return readStaticKeys(jwks, say)
  if (jwksUri === undefined) return { kind: 'discovery' }
  if (typeof jwksUri !== 'string' || !isAcceptableAddress(jwksUri, insecureHosts)) {
    say(
      'jwksUri must be an https address; http is accepted on loopback and for hosts named in allowInsecureHosts.',
    )
  }
  return { kind: 'jwks_uri', uri: jwksUri as string }
}

function readStaticKeys(jwks: unknown, say: Say): KeyOrigin {
  try {
    // The way that a fetched set goes: copied, checked and frozen.
    const document = parseJsonObject(new TextEncoder().encode(JSON.stringify(jwks)))
    if (Array.isArray(document['keys'])) return { kind: 'static', document }
  } catch {}
  say('jwks must be a JWK Set: { keys: [...] } with public keys as JWKs.')
  return { kind: 'static', document: {} }
}

function readSecret(secret: unknown, say: Say): Uint8Array {
  const exported =
    isRecord(secret) && secret['type'] === 'secret' && typeof secret['export'] === 'function'
      ? (secret as { export(): unknown }).export()
      : secret
  if (exported instanceof Uint8Array) return Uint8Array.from(exported)
  say(
    'secret must be bytes (a Uint8Array) or a secret KeyObject: a string would leave open how to read it.',
  )
  return new Uint8Array()
}

function readAlgorithms(algorithms: unknown, keyOrigin: KeyOrigin, say: Say): AlgorithmPolicy {
  const symmetric = keyOrigin.kind === 'secret'
  if (algorithms === undefined) {
    const byDefault = symmetric ? (['HS256'] as const) : DEFAULT_ALGORITHMS
    checkSecretLength(byDefault, keyOrigin, say)
    return { algorithms: byDefault, named: false }
  }
  if (!Array.isArray(algorithms) || algorithms.length === 0 || !algorithms.every(isAlgorithm)) {
    say(`algorithms must be an array with at least one of ${Object.keys(ALGORITHMS).join(', ')}.`)
    return { algorithms: [], named: true }
  }
  const named = Object.freeze([...new Set(algorithms)])
  if (named.some((algorithm) => (getTraits(algorithm).kty === 'oct') !== symmetric)) {
    say(
      symmetric
        ? 'algorithms must be HS256, HS384 or HS512 for an issuer with a secret.'
        : 'algorithms with a shared secret (HS256, HS384, HS512) take an issuer with a secret and nothing else.',
    )
  }
  checkSecretLength(named, keyOrigin, say)
  return { algorithms: named, named: true }
}

/** RFC 7518 section 3.2: a key of at least the size of the hash. */
function checkSecretLength(algorithms: readonly Algorithm[], keyOrigin: KeyOrigin, say: Say): void {
  if (keyOrigin.kind !== 'secret') return
  for (const algorithm of algorithms) {
    const traits = getTraits(algorithm)
    if (traits.kty === 'oct' && keyOrigin.secret.length < traits.keyBytes) {
      say(
        `secret must have at least ${traits.keyBytes} bytes for ${algorithm} (RFC 7518 section 3.2).`,
      )
    }
  }
}
