import { memoize } from '../lib/memoize.ts'
import { getOwn, isRecord } from '../lib/objects.ts'
import { type Actor, readActor } from './actor.ts'
import { getClaim, showClaimPath } from './claim-path.ts'
import { claimNames, type ClientIdentity, clientIdentity } from './client-id.ts'
import { hold, isAbsent } from './conditions.ts'
import { clientIdClaims, type SubjectContext, type SubjectSettings } from './context.ts'
import { CONVENTIONS } from './conventions.ts'
import { type Evidence, evidence, type Level, LEVELS, type UnknownReason } from './evidence.ts'
import { describeForeignMediaType, isMediaTypeOf, toMediaType } from './media-types.ts'
import { type AppliedRule, applyRules, applyStatements, type TokenFacts } from './applied-rules.ts'
import type { Profile } from './profile.ts'
import { getProfile, isProvider } from './providers.ts'
import type { Subject } from './subject.ts'

const TYPES_OF_ACCESS_TOKENS = ['at+jwt', 'jwt']

/** A verified token, and the client that it names. */
type TokenToClassify = TokenFacts & ClientIdentity

/** The parties that a token names. Their kind is not known yet. */
interface Parties {
  readonly id: string | undefined
  readonly clientId: string | undefined
  readonly actor: Actor | undefined
}

const NO_PARTIES: Parties = { id: undefined, clientId: undefined, actor: undefined }

/**
 * Determines the subject of an access token, and the evidence for its kind. A pure function that never throws, for
 * any claims.
 *
 * Does NOT check the signature, the issuer or the times: verify the token before you pass its `claims`. `context` must
 * come from the configuration. The exception is `context.header`, which must come from the same verified token. An attacker who
 * chooses the provider could choose the result.
 *
 * @example
 * const claims = { sub: 'cron@clients', azp: 'cron', gty: 'client-credentials' }
 * classifySubject(claims, { provider: 'auth0' }) // { kind: 'machine', id: 'cron', ... }
 */
export function classifySubject(
  claims: Readonly<Record<string, unknown>>,
  context: SubjectContext = {},
): Subject {
  if (!isRecord(claims)) return unknown(NO_PARTIES, [], 'malformed')
  const { form = 'jwt', header, provider } = context
  const settings = { ...context, profile: isProvider(provider) ? getProfile(provider) : undefined }
  const named = clientIdClaims(settings, form)
  const token: TokenToClassify = {
    claims,
    form,
    header: isRecord(header) ? header : {},
    clientIdNames: claimNames(named),
    ...clientIdentity(claims, named),
  }
  return toSubject(token, settings)
}

/** Determines the subject of a token whose client is already known. See `classifySubject`. */
export function toSubject(token: TokenToClassify, settings: SubjectSettings): Subject {
  const { claims, clientId, contradicted, clientIdNames } = token
  const { profile } = settings
  const sub = getOwn(claims, 'sub')
  const isActRead = profile?.actWhen === undefined || hold(profile.actWhen, claims, token)
  const act = isActRead ? readActor(claims) : undefined
  const isText = typeof sub === 'string' && sub !== ''
  const parties: Parties = {
    id: isText ? sub : undefined,
    clientId,
    actor: typeof act === 'object' ? act : undefined,
  }

  if (act === 'malformed') return unknown(parties, ['act'], 'malformed')
  if (!isText && !isAbsent(sub)) return unknown(parties, ['sub'], 'malformed')
  const foreign = findMarkOfAnotherKind(token, settings)
  if (foreign !== undefined) return unknown(parties, [foreign], 'another_kind_of_token')
  if (contradicted) return unknown(parties, clientIdNames, 'conflict')
  const applied = applyAll(token, settings)
  return combineRules(applied, token, withActor(parties, token, profile), profile)
}

/**
 * Returns the name of the claim or header parameter which shows that the token is not an access token. Such a token is usually
 * rejected earlier, when it is verified.
 */
function findMarkOfAnotherKind(
  { claims, form, header }: TokenToClassify,
  { acceptTyp, profile }: SubjectSettings,
): string | undefined {
  if (form !== 'jwt') return undefined
  const typ = getOwn(header, 'typ')
  if (typ !== undefined && !isTypeOfAccessToken(typ, acceptTyp)) return 'header.typ'
  const use = profile?.tokenUse
  if (use === undefined || use.value === undefined) return undefined
  return getClaim(claims, use.claim) === use.value ? undefined : showClaimPath(use.claim)
}

/** `others` may be anything: plain JavaScript can call `classifySubject`. */
function isTypeOfAccessToken(typ: unknown, others: unknown): boolean {
  if (typ === 'at+jwt' || isMediaTypeOf(TYPES_OF_ACCESS_TOKENS, typ)) return true
  if (!Array.isArray(others) || describeForeignMediaType(typ) !== undefined) return false
  const types = others.filter((other) => typeof other === 'string').map(toMediaType)
  return isMediaTypeOf(types, typ)
}

/**
 * Returns the rules to combine. Conventions are included if `provider`, `machineSubject` and `machineClients` are not set.
 * They are also included if `machineSubject` or `machineClients` applies to the token. A convention can then contradict the
 * option, but it cannot decide alone.
 */
function applyAll(token: TokenToClassify, settings: SubjectSettings): readonly AppliedRule[] {
  const { provider, profile, machineSubject, machineClients } = settings
  const rules = applyRules(profile?.rules ?? CONVENTIONS, token)
  const stated = applyStatements(token, settings)
  if (stated.length > 0) return [...stated, ...rules]
  const isUnstated =
    provider === undefined && machineSubject === undefined && machineClients === undefined
  return isUnstated ? rules : rules.filter(({ level }) => level !== 'convention')
}

/**
 * Returns a machine or a user if all rules agree on this kind, and if the token has a valid id for this kind. Otherwise, returns an
 * unknown subject.
 */
function combineRules(
  applied: readonly AppliedRule[],
  { claims, clientId }: TokenToClassify,
  parties: Parties,
  profile: Profile | undefined,
): Subject {
  const kind = getAgreedKind(applied)
  const toUnknown = (reason: UnknownReason, names = listClaims(applied)) =>
    unknown(parties, names, reason, listRules(applied))
  if (kind === undefined) return toUnknown('no_evidence')
  if (kind === 'agent_account') return toUnknown('agent_account')
  // A client whose id is the name of a user must not become that user (RFC 9700 section 4.15).
  const isClient = clientId !== undefined && parties.id === clientId
  if (kind === 'conflict' || (kind === 'user' && isClient)) return toUnknown('conflict')

  const level = getStrongest(applied)
  // If a stronger rule applies, conventions are not part of the evidence.
  const deciding =
    level === 'convention' ? applied : applied.filter((rule) => rule.level !== 'convention')
  const idClaim = findUserIdClaim(deciding) ?? profile?.userIdClaim ?? 'sub'
  const id = kind === 'machine' ? (clientId ?? parties.id) : getOwn(claims, idClaim)
  if (isAbsent(id)) return toUnknown('no_id', [idClaim])
  if (typeof id !== 'string') return toUnknown('malformed', [idClaim])
  return createSubject(kind, { ...parties, id }, toEvidence(deciding, level))
}

/**
 * Returns the kind on which all rules agree, or `'conflict'`. Returns `'agent_account'` if one of the rules has this kind, and
 * `undefined` if there are no rules.
 */
function getAgreedKind(
  applied: readonly AppliedRule[],
): AppliedRule['kind'] | 'conflict' | undefined {
  let agreed: AppliedRule['kind'] | 'conflict' | undefined
  for (const { kind } of applied) {
    if (kind === 'agent_account') return kind
    agreed = agreed === undefined || agreed === kind ? kind : 'conflict'
  }
  return agreed
}

function findUserIdClaim(deciding: readonly AppliedRule[]): string | undefined {
  for (const { userIdClaim } of deciding) if (userIdClaim !== undefined) return userIdClaim
  return undefined
}

/** Returns the level of the strongest rule. */
function getStrongest(applied: readonly AppliedRule[]): Level {
  if (applied.length === 1) return applied[0]!.level
  return LEVELS.find((each) => applied.some((rule) => rule.level === each))!
}

/** Creates a subject. It has only the parties that are known. */
function createSubject(
  kind: Subject['kind'],
  { id, clientId, actor }: Parties,
  found: Evidence,
): Subject {
  const subject: Record<string, unknown> = { kind }
  if (id !== undefined) subject['id'] = id
  if (clientId !== undefined) subject['clientId'] = clientId
  if (actor !== undefined) subject['actor'] = actor
  subject['evidence'] = found
  return Object.freeze(subject) as unknown as Subject
}

/** Creates the evidence. For most tokens a single rule decides, and then the evidence is cached. */
function toEvidence(deciding: readonly AppliedRule[], level: Level): Evidence {
  return deciding.length === 1
    ? toSingleEvidence(deciding[0]!)
    : evidence(level, listRules(deciding), listClaims(deciding))
}

const toSingleEvidence = memoize(({ id, level, claims }: AppliedRule) =>
  evidence(level, [id], claims),
)

function listRules(found: readonly AppliedRule[]): readonly string[] {
  return found.map(({ id }) => id)
}

function listClaims(found: readonly AppliedRule[]): readonly string[] {
  return found.flatMap(({ claims }) => claims)
}

/** Adds the client as the actor, if the provider shows the actor in a claim other than `act`. */
function withActor(
  parties: Parties,
  token: TokenToClassify,
  profile: Profile | undefined,
): Parties {
  const { clientId } = token
  const clientActs = profile?.clientActs
  if (parties.actor !== undefined || clientId === undefined || clientActs === undefined) {
    return parties
  }
  if (!hold(clientActs, token.claims, token)) return parties
  return { ...parties, actor: Object.freeze({ id: clientId, clientId }) }
}

function unknown(
  parties: Parties,
  claims: readonly string[],
  reason: UnknownReason,
  rules: readonly string[] = [],
): Subject {
  return createSubject('unknown', parties, evidence('none', rules, claims, reason))
}
