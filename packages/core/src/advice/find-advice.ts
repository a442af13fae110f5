import { copyOwnMembers } from '../lib/objects.ts'
import { copyOwnData } from '../lib/own-data.ts'
import type { IssuerSettings } from '../model/settings.ts'
import type { Reason } from '../response/reasons.ts'
import type { Explanation, RejectedToken } from '../response/rejection.ts'
import { getProviderOfAddress } from '../subject/address-patterns.ts'
import type { Provider } from '../subject/providers.ts'
import { getBindingAdvice } from './binding-advice.ts'
import { getClaimsAdvice } from './claims-advice.ts'
import { getCredentialsAdvice } from './credentials-advice.ts'
import { FAILURE_ADVICE, isFailure } from './failure-advice.ts'
import { referTo } from './refer-to.ts'
import type { AdviceByReason, AdviceRow, RefusalFacts } from './refusal-facts.ts'
import { getRequirementAdvice } from './requirement-advice.ts'
import { getTokenAdvice } from './token-advice.ts'
import { getValidityAdvice } from './validity-advice.ts'

/** Advice for each reason of the core. Bundlers remove this constant if no code uses it, because functions create its tables. */
export const ADVICE: AdviceByReason = /* @__PURE__ */ createAdvice()

function createAdvice(): AdviceByReason {
  return copyOwnData({
    ...getCredentialsAdvice(),
    ...getTokenAdvice(),
    ...getClaimsAdvice(),
    ...getValidityAdvice(),
    ...getBindingAdvice(),
    ...getRequirementAdvice(),
  })
}

/** The facts that the pipeline has about a refusal. */
export interface AdvisedRefusal {
  readonly reason: Reason
  readonly explanation: Explanation
  /** `undefined` if the token could not be read. */
  readonly token: RejectedToken | undefined
  /** The settings of the issuer of the token, if the issuer is known. */
  readonly settings: IssuerSettings | undefined
  /** All configured issuers. */
  readonly issuers: ReadonlyMap<string, { readonly settings: IssuerSettings }>
}

/** Maximum number of configured issuers that are compared with the issuer of a token. */
const COMPARED = 20

/** Returns the advice on a refusal: the change to make, and the place of the change. The text is fixed. */
export function findAdvice(refusal: AdvisedRefusal): string {
  const { reason, explanation } = refusal
  if (reason === 'introspection_unavailable' && isFailure(explanation.found)) {
    return FAILURE_ADVICE[explanation.found]
  }
  if (!isAdvised(reason)) return referTo(reason)
  const facts = toFacts(refusal)
  const rows: readonly (AdviceRow | string)[] = ADVICE[reason]
  const found = rows.find((one) => typeof one === 'string' || applies(one, facts))!
  return typeof found === 'string' ? found : found.advice
}

function isAdvised(reason: Reason): reason is keyof AdviceByReason {
  return Object.hasOwn(ADVICE, reason)
}

function toFacts({
  explanation,
  token,
  issuers,
  ...refusal
}: Omit<AdvisedRefusal, 'reason'>): RefusalFacts {
  const some: IssuerSettings[] = []
  for (const { settings } of issuers.values()) {
    if (some.push(settings) === COMPARED) break
  }
  const settings = refusal.settings ?? (some.length === 1 ? some[0] : undefined)
  return {
    explanation,
    header: token?.header ?? {},
    // The copy has no members of `Object.prototype`, so that a condition can read claims directly.
    claims: copyOwnMembers(token?.claims ?? {}),
    scopes: token?.scopes ?? [],
    settings,
    provider: settings && getProviderOf(settings),
    issuers: some,
  }
}

/** Returns the configured provider, or a guess from the address of the issuer. A guess is enough for advice. */
function getProviderOf({ subjects, metadataIssuer }: IssuerSettings): Provider | undefined {
  return subjects.provider ?? getProviderOfAddress(metadataIssuer)
}

/**
 * Returns whether `found` is the wanted text. Ignores the prefix `claimed`, which marks values of an unverified token. Also
 * ignores a colon with details at the end.
 */
function isFound(wanted: string, found: string): boolean {
  return found === wanted || found === `claimed ${wanted}` || found.startsWith(`${wanted}: `)
}

function applies({ providers, found, when }: AdviceRow, facts: RefusalFacts): boolean {
  if (found !== undefined && !isFound(found, facts.explanation.found)) return false
  if (providers !== undefined && !providers.some((name) => name === facts.provider)) return false
  // Claims may hold any JSON value. If a condition throws, the refusal must still be logged.
  try {
    return when?.(facts) ?? true
  } catch {
    return false
  }
}
