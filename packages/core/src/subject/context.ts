import { memoize } from '../lib/memoize.ts'
import { claimNames } from './client-id.ts'
import type { ClientIdClaim, Profile, ScopeSource, TokenForm } from './profile.ts'
import { isProvider, getProfile, type Provider } from './providers.ts'
import { SCOPE_STRING } from './scope-source.ts'

/** The statements of the operator about the subjects of one issuer. Never filled from a token. */
export interface SubjectStatements {
  /** Whose tokens these are. */
  readonly provider?: Provider | undefined
  /** The claim that holds the client id, instead of those of the provider's profile. */
  readonly clientIdClaim?: string | undefined
  /**
   * The form of a machine's `sub` on this issuer, which no user's ever has: its client id, or nothing. Where no
   * rules of a provider say more, all others are users.
   */
  readonly machineSubject?: 'client_id' | 'absent' | undefined
  /** The clients that only ever act for themselves, by client id. */
  readonly machineClients?: readonly string[] | undefined
}

/** All that is known when a token is classified, besides its claims. */
export interface SubjectContext extends SubjectStatements {
  /** Default `'jwt'`. */
  readonly form?: TokenForm
  /** The JOSE header of a JWT. */
  readonly header?: Readonly<Record<string, unknown>>
}

export function profileIn({ provider }: SubjectStatements): Profile | undefined {
  return isProvider(provider) ? getProfile(provider) : undefined
}

const CLIENT_ID: readonly ClientIdClaim[] = ['client_id']

/**
 * The claims that name the client. In introspection answers that is `client_id` (RFC 7662 section 2.2), and
 * what the profile names only where it has rules for such answers.
 */
export function clientIdClaims(
  statements: SubjectStatements,
  form: TokenForm = 'jwt',
): readonly ClientIdClaim[] {
  const { clientIdClaim } = statements
  if (clientIdClaim !== undefined) return [clientIdClaim]
  const profile = profileIn(statements)
  if (profile === undefined) return CLIENT_ID
  return form === 'jwt' ? profile.clientIdClaims : introspectionClaims(profile)
}

const introspectionClaims = memoize((profile: Profile): readonly ClientIdClaim[] => {
  const isRead = profile.rules.some(({ form }) => form !== 'jwt')
  if (!isRead) return CLIENT_ID
  const named = profile.clientIdClaims
  return claimNames(named).includes('client_id') ? named : [...CLIENT_ID, ...named]
})

/** The places of scopes, where the options name none. */
export function scopeSources(statements: SubjectStatements): readonly ScopeSource[] {
  return profileIn(statements)?.scopeSources ?? SCOPE_STRING
}

/** Returns whether whoever is no machine by the operator's statement is a user by it. */
export function machinesLeaveUsers(statements: SubjectStatements): boolean {
  return profileIn(statements)?.subjectsAreChosen ?? statements.provider === undefined
}

/** Returns whether subjects of this kind can be known at all, in tokens of that form. */
export function canTell(
  kind: 'machine' | 'user',
  statements: SubjectStatements,
  form: TokenForm,
): boolean {
  const { machineSubject, machineClients } = statements
  if (kind === 'machine' && (machineSubject ?? machineClients) !== undefined) return true
  if (machineSubject !== undefined && machinesLeaveUsers(statements)) return true
  const rules = profileIn(statements)?.rules ?? []
  return rules.some(
    (rule) => rule.kind === kind && rule.level !== 'convention' && (rule.form ?? form) === form,
  )
}
