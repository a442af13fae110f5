import type { SharedProof } from '../binding/check-binding.ts'
import type { CheckedProof } from '../binding/dpop/dpop.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { RequestLike } from '../model/request-like.ts'
import type { Rejection } from '../response/rejection.ts'

/** The proofs that one request has used, with the results. */
export type UsedProofs = {
  readonly proof: CheckedProof
  readonly store: unknown
  readonly result: MaybePromise<Rejection | undefined>
}[]

/** Maximum number of used proofs that are remembered for a request. */
const MOST_USES = 16

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
  private readonly uses: UsedProofs

  /** `uses` are the used proofs of the request. All tokens and resource servers of the request share this list. */
  constructor(uses: UsedProofs) {
    this.uses = uses
  }

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
    const checked = { text, thumbprint, method, url, result }
    this.checked = checked
    // An exception is not kept: the next guard tries again.
    if (result instanceof Promise) {
      result.catch(() => {
        if (this.checked === checked) this.checked = undefined
      })
    }
    return result
  }

  useOnce(
    proof: CheckedProof,
    store: unknown,
    use: () => MaybePromise<Rejection | undefined>,
  ): MaybePromise<Rejection | undefined> {
    const known = this.uses.find((one) => one.store === store && isSameProof(one.proof, proof))
    if (known !== undefined) return known.result
    const result = use()
    this.uses.push({ proof, store, result })
    // A request has one proof, but the application may use the same request object for several requests.
    if (this.uses.length > MOST_USES) this.uses.shift()
    return result
  }
}

/** Returns whether two proofs have the same entry in a replay store. */
function isSameProof(a: CheckedProof, b: CheckedProof): boolean {
  return a.thumbprint === b.thumbprint && a.target === b.target && a.jti === b.jti
}
