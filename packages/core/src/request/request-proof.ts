import type { SharedProof } from '../binding/check-binding.ts'
import type { CheckedProof } from '../binding/dpop/dpop.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { AccessToken, ProvedBinding } from '../model/access-token.ts'
import type { RequestLike } from '../model/request-like.ts'
import type { Rejection } from '../response/rejection.ts'

/** The proof of one request. The guards of the request share it: see `RequestState` for the rules. */
export class RequestProof implements SharedProof {
  private checked:
    | {
        readonly text: string
        readonly thumbprint: string
        readonly method: string
        readonly url: string
        readonly result: MaybePromise<CheckedProof | Rejection>
      }
    | undefined
  private used:
    | { readonly proof: CheckedProof; readonly result: MaybePromise<Rejection | undefined> }
    | undefined
  private bound: { readonly from: AccessToken; readonly token: AccessToken } | undefined

  checkOnce(
    {
      text,
      thumbprint,
      request: { method, url },
    }: { readonly text: string; readonly thumbprint: string; readonly request: RequestLike },
    check: () => MaybePromise<CheckedProof | Rejection>,
  ): MaybePromise<CheckedProof | Rejection> {
    const known = this.checked
    const isKnown =
      known?.text === text &&
      known.thumbprint === thumbprint &&
      known.method === method &&
      known.url === url
    if (isKnown) return known.result
    const result = check()
    this.checked = { text, thumbprint, method, url, result }
    return result
  }

  useOnce(
    proof: CheckedProof,
    use: () => MaybePromise<Rejection | undefined>,
  ): MaybePromise<Rejection | undefined> {
    if (this.used !== undefined && isSameProof(this.used.proof, proof)) return this.used.result
    const result = use()
    this.used = { proof, result }
    return result
  }

  withBindings(from: AccessToken, bindings: readonly ProvedBinding[]): AccessToken {
    const known = this.bound
    if (known?.from === from && String(known.token.bindings) === String(bindings))
      return known.token
    const token = Object.freeze({ ...from, bindings: Object.freeze(bindings) })
    this.bound = { from, token }
    return token
  }
}

/** Returns whether two proofs have the same entry in a replay store. */
function isSameProof(a: CheckedProof, b: CheckedProof): boolean {
  return a.thumbprint === b.thumbprint && a.target === b.target && a.jti === b.jti
}
