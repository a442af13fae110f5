import type { JsonObject } from '../../lib/json.ts'
import type { IssuerSettings } from '../../model/settings.ts'
import { describeType, Rejection, showClaimed } from '../../response/rejection.ts'
import { type Algorithm, isAlgorithm } from '../../signature/algorithms.ts'
import { checkMediaType } from './token-type.ts'

/** The `alg` and `kid` of a JOSE header. They select the keys to verify with. */
export interface KeyHint {
  readonly algorithm: Algorithm
  readonly kid: string | undefined
}

/** Reads the JOSE header of an access token with `readKeyHint`, and checks its `typ`. */
export function readHeader(header: JsonObject, settings: IssuerSettings): KeyHint | Rejection {
  const hint = readKeyHint(header, settings.algorithms.algorithms)
  if (hint instanceof Rejection) return hint
  return checkMediaType(header['typ'], settings.jwtProfile) ?? hint
}

/**
 * Reads the JOSE header (RFC 7515 section 4) of a JWS of an issuer. The algorithm must be one of `allowed`. Rejects `crit`,
 * `b64`, `zip`, `enc` and the `cty` JWT, because an access token never needs the processing that they require.
 *
 * Does NOT read keys or addresses of keys in the header (`jwk`, `jku`, `x5c`, `x5u`, `x5t`).
 */
export function readKeyHint(
  header: JsonObject,
  allowed: readonly Algorithm[],
): KeyHint | Rejection {
  const { alg, kid, cty } = header
  if (!isAlgorithm(alg) || !allowed.includes(alg)) {
    return new Rejection('unsupported_algorithm', {
      check: 'alg',
      expected: allowed.join(' or '),
      found: showClaimed(alg),
    })
  }
  for (const name of UNSUPPORTED) {
    if (Object.hasOwn(header, name)) return unsupported(name, 'nothing', describeType(header[name]))
  }
  if (cty !== undefined && (typeof cty !== 'string' || /^(?:application\/)?jwt$/i.test(cty))) {
    return unsupported('cty', 'no nested token', describeType(cty))
  }
  if (kid !== undefined && typeof kid !== 'string')
    return unsupported('kid', 'a string', describeType(kid))
  return { algorithm: alg, kid }
}

const UNSUPPORTED = ['crit', 'b64', 'zip', 'enc']

function unsupported(check: string, expected: string, found: string): Rejection {
  return new Rejection('unsupported_header', { check, expected, found })
}
