import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import type { AccessToken } from '../model/access-token.ts'
import type { RequestLike } from '../model/request-like.ts'
import type { Scheme } from '../response/challenge.ts'
import { Rejection } from '../response/rejection.ts'
import { type Binding, checkSupported, rejectWithoutRequest, UNBOUND } from './confirmation.ts'
import type { CheckedProof, Dpop } from './dpop/dpop.ts'
import { withBindings } from './with-bindings.ts'

/** The check and the use of a proof, which the guards of one request share: see `RequestState` for the rules. */
export interface SharedProof {
  /** Returns the result of `check` for a proof, a key and a request target. Does not call `check` again for the same values. */
  checkOnce(
    proof: { readonly text: string; readonly thumbprint: string; readonly request: RequestLike },
    check: () => MaybePromise<CheckedProof | Rejection>,
  ): MaybePromise<CheckedProof | Rejection>
  /** Returns the result of `use` for a proof and a store. Calls `use` only once, even if it fails. */
  useOnce(
    proof: CheckedProof,
    store: unknown,
    use: () => MaybePromise<Rejection | undefined>,
  ): MaybePromise<Rejection | undefined>
}

/**
 * Checks that the client of a request has the certificate with this thumbprint (RFC 8705 section 3). `raw` is the request of the
 * framework. Throws only an error of the function in the option `mtls`, or a `TypeError` if the result of this function is wrong.
 */
export type CertificateCheck = (
  thumbprint: string,
  request: RequestLike,
  raw: object,
) => MaybePromise<Rejection | undefined>

/** The parts of a resource server that check bindings. A part is `undefined` if this API does not check its kind of binding. */
export interface BindingServices {
  readonly dpop: Dpop | undefined
  readonly mtls:
    | { readonly isRequired: boolean; readonly checkCertificate: CertificateCheck }
    | undefined
}

/** The part of an exchange that these steps read and write. */
export interface BindingExchange {
  /** `undefined`: the token did not come in a request. */
  readonly request: RequestLike | undefined
  readonly raw: object | undefined
  readonly credentials: {
    /** `undefined`: the token was passed to `verify`. */
    readonly scheme: Scheme | undefined
  }
  readonly verified: { readonly token: AccessToken; readonly binding: Binding }
  readonly sharedVerification: {
    readonly proof: SharedProof
    /** Returns the SHA-256 hash of the token in base64url. */
    readonly hashToken: () => MaybePromise<string>
  }
  readonly services: BindingServices
  /** The token with the bindings that were proved. Written by `checkBinding`. */
  token: AccessToken
  /** The checked proof of a token that is bound to a key. Written by `checkBinding`. */
  proof: CheckedProof | undefined
  /** The thumbprint of the client's certificate. Written by `checkBinding`. */
  provedCertificate: string | undefined
}

/** A request that proves a binding, and the request object of the framework (`raw`). */
interface ProvingRequest {
  readonly request: RequestLike
  readonly raw: object
}

/**
 * Step of the pipeline: checks that the caller has the key and the certificate to which the token is bound (401). Refuses a token
 * that is bound in a way that this API does not check, because the token may be stolen. If the option `dpop` or `mtls` has the
 * mode `required`, refuses a token without this kind of binding.
 *
 * Does NOT check whether the proof was used before: `useProof` checks this, after all other steps.
 */
export function checkBinding(exchange: BindingExchange): MaybePromise<Rejection | undefined> {
  const { request, raw, verified, services } = exchange
  const { binding, token } = verified
  const rejection =
    checkSupported(binding, services) ?? checkScheme(exchange) ?? checkRequired(exchange)
  if (rejection !== undefined) return rejection
  exchange.token = token
  exchange.proof = undefined
  if (binding === UNBOUND) return undefined
  if (request === undefined || raw === undefined) return rejectWithoutRequest(binding)
  const source = { request, raw }
  return andThen(checkKey(exchange, source), (wrongKey) =>
    andThen(wrongKey ?? checkCertificate(exchange, source), (wrong) => {
      if (wrong !== undefined) return wrong
      exchange.token = withBindings(token, binding)
      return undefined
    }),
  )
}

/** Checks the proof of a token that is bound to a key. Writes `proof`. */
function checkKey(
  exchange: BindingExchange,
  { request, raw }: ProvingRequest,
): MaybePromise<Rejection | undefined> {
  const { verified, services, sharedVerification } = exchange
  const { jkt: thumbprint } = verified.binding
  if (thumbprint === undefined) return undefined
  // `checkSupported` has rejected the token if the option is not set.
  const dpop = services.dpop!
  const text = dpop.readText(request)
  if (text instanceof Rejection) return text
  const { hashToken } = sharedVerification
  const checked = sharedVerification.proof.checkOnce({ text, thumbprint, request }, () =>
    dpop.checkProof(text, { request, raw, thumbprint, hashToken }),
  )
  return andThen(checked, (proof) => {
    if (proof instanceof Rejection) return proof
    exchange.proof = proof
    return undefined
  })
}

/** Checks the certificate for a token that is bound to a certificate. Writes `provedCertificate`. */
function checkCertificate(
  exchange: BindingExchange,
  { request, raw }: ProvingRequest,
): MaybePromise<Rejection | undefined> {
  const { x5t: thumbprint } = exchange.verified.binding
  // `checkBinding` can run several times for an exchange. The function of the application is called only once for a thumbprint.
  if (thumbprint === undefined || thumbprint === exchange.provedCertificate) return undefined
  // `checkSupported` has rejected the token if the option is not set.
  const checked = exchange.services.mtls!.checkCertificate(thumbprint, request, raw)
  return andThen(checked, (wrong) => {
    if (wrong === undefined) exchange.provedCertificate = thumbprint
    return wrong
  })
}

/**
 * Step of the pipeline: records the use of the proof of a token that is bound to a key (401, 503). It is the last step: if an
 * earlier step refuses the request, the client can still use the proof. All guards of a request together use the proof once.
 */
export function useProof(exchange: BindingExchange): MaybePromise<Rejection | undefined> {
  const { verified, request, proof, services, sharedVerification } = exchange
  if (verified.binding.jkt === undefined) return undefined
  if (proof === undefined || request === undefined)
    throw new TypeError('useProof was called before checkBinding has checked the proof.')
  const dpop = services.dpop!
  const { replay } = dpop.settings
  return sharedVerification.proof.useOnce(proof, replay, () => dpop.useProof(proof, request))
}

/** Checks that the scheme is DPoP if the token is bound to a key, and Bearer if it is not (RFC 9449 section 7). */
function checkScheme({
  credentials: { scheme },
  verified: { binding },
}: BindingExchange): Rejection | undefined {
  const hasKey = binding.jkt !== undefined
  if (scheme === undefined || hasKey === (scheme === 'DPoP')) return undefined
  return new Rejection('wrong_scheme', {
    check: 'Authorization',
    expected: hasKey ? 'the scheme DPoP for a bound token' : 'a token that is bound to a key',
    found: hasKey ? 'the scheme Bearer' : 'a token without cnf.jkt',
  })
}

/** Rejects a token that is not bound as the options require. */
function checkRequired({
  verified: { binding },
  services: { dpop, mtls },
}: BindingExchange): Rejection | undefined {
  if (dpop?.settings.mode === 'required' && binding.jkt === undefined) return rejectUnbound('jkt')
  if (mtls?.isRequired === true && binding.x5t === undefined) return rejectUnbound('x5t#S256')
  return undefined
}

function rejectUnbound(member: string): Rejection {
  return new Rejection('unbound_token', {
    check: 'cnf',
    expected: `a token with cnf.${member}`,
    found: 'a token without it',
  })
}
