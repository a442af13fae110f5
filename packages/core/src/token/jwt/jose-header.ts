import { isOwn } from '../../lib/objects.ts'
import type { JsonObject } from '../../lib/json.ts'
import { memoize } from '../../lib/memoize.ts'
import type { IssuerSettings } from '../../model/settings.ts'
import { describeType, type Explanation, Rejection, showClaimed } from '../../response/rejection.ts'
import { type Algorithm, isAlgorithm } from '../../signature/algorithms.ts'
import { checkMediaType, isAccessTokenType } from './token-type.ts'

/** The `alg` and `kid` of a JOSE header. They select the keys to verify with. */
export interface KeyHint {
  readonly algorithm: Algorithm
  readonly kid: string | undefined
}

/** Reads the JOSE header of an access token with `readKeyHint`, and checks its `typ`. */
export function readHeader(header: JsonObject, settings: IssuerSettings): KeyHint | Rejection {
  const hint = readKeyHint(header, settings.algorithms.algorithms)
  if (hint instanceof Rejection) return hint
  return checkMediaType(readParameters(header).typ, settings) ?? hint
}

/** Returns whether the `typ` of a header is that of access tokens (RFC 9068 section 2.1). */
export function isMarkedAsAccessToken(header: JsonObject): boolean {
  return readParameters(header).isAccessToken
}

/**
 * Reads the JOSE header (RFC 7515 section 4) of a JWS of an issuer. The algorithm must be one of `allowed`. Rejects `crit`,
 * `b64`, `zip`, `enc` and the `cty` JWT, because an access token never needs the processing that these require.
 *
 * Does NOT read keys or addresses of keys in the header (`jwk`, `jku`, `x5c`, `x5u`, `x5t`).
 */
export function readKeyHint(
  header: JsonObject,
  allowed: readonly Algorithm[],
): KeyHint | Rejection {
  const { algorithm, kid, alg, unsupported } = readParameters(header)
  if (algorithm === undefined || !allowed.includes(algorithm)) {
    return new Rejection('unsupported_algorithm', {
      check: 'alg',
      expected: allowed.join(' or '),
      found: showClaimed(alg),
    })
  }
  return unsupported === undefined
    ? { algorithm, kid }
    : new Rejection('unsupported_header', unsupported)
}

/** The parameters of a JOSE header. They do not depend on an issuer. */
interface Parameters {
  readonly alg: unknown
  readonly algorithm: Algorithm | undefined
  readonly kid: string | undefined
  readonly typ: unknown
  readonly isAccessToken: boolean
  /** Explains why no issuer accepts the header. */
  readonly unsupported: Explanation | undefined
}

/** Reads the parameters of a header once, because the tokens of an issuer share their parsed headers. */
const readParameters = memoize((header: JsonObject): Parameters => {
  const { alg, kid, typ } = header
  return {
    alg,
    algorithm: isAlgorithm(alg) ? alg : undefined,
    kid: typeof kid === 'string' ? kid : undefined,
    typ,
    isAccessToken: isAccessTokenType(typ),
    unsupported: findUnsupported(header),
  }
})

function findUnsupported(header: JsonObject): Explanation | undefined {
  const name = UNSUPPORTED.find((each) => isOwn(header, each))
  if (name !== undefined) return explain(name, 'nothing', header[name])
  const { cty, kid } = header
  if (cty !== undefined && (typeof cty !== 'string' || /^(?:application\/)?jwt$/i.test(cty))) {
    return explain('cty', 'no nested token', cty)
  }
  if (kid !== undefined && typeof kid !== 'string') return explain('kid', 'a string', kid)
  return undefined
}

const UNSUPPORTED = ['crit', 'b64', 'zip', 'enc']

function explain(check: string, expected: string, value: unknown): Explanation {
  return { check, expected, found: describeType(value) }
}
