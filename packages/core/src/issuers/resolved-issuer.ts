import type { KeySource } from '../keys/key-source.ts'
import { createKeySource } from '../keys/key-sources.ts'
import { isSameData } from '../lib/is-same-data.ts'
import type { Publish } from '../lib/publisher.ts'
import { LIMITS } from '../limits.ts'
import type { IssuerSettings, Settings } from '../model/settings.ts'
import { createProviderHint } from '../subject/provider-hint.ts'
import { TokensOfIssuer } from '../token/cache/tokens-of-issuer.ts'
import type { IntrospectionSteps } from '../token/introspection/introspection-steps.ts'
import type { TrustedIssuer } from '../token/trusted-issuers.ts'
import type { IssuersEvent } from './issuer-events.ts'

/** An issuer that `resolve` has returned. */
export interface ResolvedIssuer {
  readonly name: string
  readonly issuer: TrustedIssuer
  /** The time when the last successful call of `resolve` started, in monotonic milliseconds. */
  resolvedAt: number
  /** Called for each token that was verified with the keys of the issuer. */
  onVerified: () => void
  /** Records that the issuer was removed or has new options. Earlier verification results of its tokens become outdated. */
  readonly retire: () => void
}

interface ResolvedIssuerParts {
  /** The cached issuer with its previous options, if any. */
  readonly previous: ResolvedIssuer | undefined
  readonly settings: Settings
  /** `undefined`: no issuer has introspection. */
  readonly steps: IntrospectionSteps | undefined
  readonly publish: Publish<IssuersEvent>
  readonly closed: AbortSignal
  readonly resolvedAt: number
}

/** Creates an issuer. If the options about keys have not changed, the keys of the previous issuer stay in use. */
export function createResolvedIssuer(
  name: string,
  own: IssuerSettings,
  { previous, settings, steps, publish, closed, resolvedAt }: ResolvedIssuerParts,
): ResolvedIssuer {
  const isReused = previous !== undefined && hasSameKeys(previous.issuer.settings, own)
  const hint = createProviderHint(own, settings, publish)
  hint(name)
  const parts = [settings, publish, closed, hint] as const
  const keys: KeySource = isReused
    ? previous.issuer.keys
    : createKeySource(own, ...parts, 'requests')
  const signer = { settings: own, keys }
  const { cachedResponses } = LIMITS.dynamicIssuers
  const introspection = steps?.createIssuerIntrospection(signer, ...parts, cachedResponses)
  const dynamic = {
    cachedTokens: new TokensOfIssuer(),
    isOutdated: false,
    onVerified: () => entry.onVerified(),
  }
  const entry: ResolvedIssuer = {
    name,
    issuer: { ...signer, introspection, dynamic },
    resolvedAt,
    onVerified: () => {},
    retire: () => void (dynamic.isOutdated = true),
  }
  return entry
}

function hasSameKeys(a: IssuerSettings, b: IssuerSettings): boolean {
  const toKeySettings = ({ keyOrigin, algorithms }: IssuerSettings) => [keyOrigin, algorithms]
  return isSameData(toKeySettings(a), toKeySettings(b))
}
