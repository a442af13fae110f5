import { memoize } from '../lib/memoize.ts'
import { claimNames } from './client-id.ts'
import type { ClientIdClaim, Profile, ScopeSource, TokenForm } from './profile.ts'
import type { Provider } from './providers.ts'
import { SCOPE_STRING } from './scope-source.ts'

/** Options about the subjects of one issuer. Their values must never come from a token. */
export interface SubjectStatements {
  /** The product that issues the tokens. */
  readonly provider?: Provider | undefined
  /** The claim with the client id. If it is set, the claims of the provider are not read. */
  readonly clientIdClaim?: string | undefined
  /**
   * The form of the `sub` of a machine at this issuer: its client id, or no `sub`. The `sub` of a user must never have
   * this form. If `provider` is not set, a `sub` that differs from the client id of the token names a user. The same applies to
   * `hydra`, `spring-as`, `openiddict`, `gravitee-am` and `lemonldap-ng`. For any other provider, this option only
   * identifies machines.
   */
  readonly machineSubject?: 'client_id' | 'absent' | undefined
  /** The client ids of clients that never act for a user. */
  readonly machineClients?: readonly string[] | undefined
  /** More values of `typ` that access tokens of this issuer have. */
  readonly acceptTyp?: readonly string[] | undefined
}

/** Options about the subjects of one issuer, with the rules of its provider. */
export interface SubjectSettings extends SubjectStatements {
  /** The profile of `provider`. */
  readonly profile?: Profile | undefined
}

/** The input of a classification besides the claims. */
export interface SubjectContext extends SubjectStatements {
  /**
   * The form in which the claims were verified.
   *
   * @default 'jwt'
   */
  readonly form?: TokenForm
  /** The JOSE header of a JWT. */
  readonly header?: Readonly<Record<string, unknown>>
}

const CLIENT_ID: readonly ClientIdClaim[] = ['client_id']

/**
 * Returns the claims that name the client. The option `clientIdClaim` replaces the other claims. In introspection responses,
 * `client_id` names the client (RFC 7662 section 2.2). The claims of the profile are added only if the profile has rules for
 * introspection responses.
 */
export function clientIdClaims(
  { clientIdClaim, profile }: SubjectSettings,
  form: TokenForm = 'jwt',
): readonly ClientIdClaim[] {
  if (clientIdClaim !== undefined) return [clientIdClaim]
  if (profile === undefined) return CLIENT_ID
  return form === 'jwt' ? profile.clientIdClaims : introspectionClaims(profile)
}

const introspectionClaims = memoize((profile: Profile): readonly ClientIdClaim[] => {
  const isRead = profile.rules.some(({ form }) => form !== 'jwt')
  if (!isRead) return CLIENT_ID
  const named = profile.clientIdClaims
  return claimNames(named).includes('client_id') ? named : [...CLIENT_ID, ...named]
})

/** Returns the claims with scopes: those of the provider, or `scope`. Does NOT apply the options `scopeClaim` and `scopeFormat`. */
export function scopeSources({ profile }: SubjectSettings): readonly ScopeSource[] {
  return profile?.scopeSources ?? SCOPE_STRING
}

/** Returns whether `machineSubject` identifies users, too: every subject that is not a machine is a user. */
export function areOthersUsers({ provider, profile }: SubjectSettings): boolean {
  return profile?.subjectsAreChosen ?? provider === undefined
}

/** Returns whether tokens of this form can show a subject of this kind. */
export function canDetermine(
  kind: 'machine' | 'user',
  settings: SubjectSettings,
  form: TokenForm,
): boolean {
  const { machineSubject, machineClients, profile } = settings
  if (kind === 'machine' && (machineSubject ?? machineClients) !== undefined) return true
  if (machineSubject !== undefined && areOthersUsers(settings)) return true
  const rules = profile?.rules ?? []
  return rules.some(
    (rule) => rule.kind === kind && rule.level !== 'convention' && (rule.form ?? form) === form,
  )
}
