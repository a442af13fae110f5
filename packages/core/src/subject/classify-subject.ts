import { memoize } from '../lib/memoize.ts'
import { isRecord } from '../lib/objects.ts'
import { type Actor, readActor } from './actor.ts'
import { claimNames, type ClientIdentity, clientIdentity } from './client-id.ts'
import { hold, isAbsent, own } from './conditions.ts'
import {
  clientIdClaims,
  profileIn,
  type SubjectContext,
  type SubjectStatements,
} from './context.ts'
import { CONVENTIONS } from './conventions.ts'
import { type Evidence, evidence, type Level, LEVELS, type UnknownReason } from './evidence.ts'
import { type AppliedRule, applyRules, applyStatements, type TokenFacts } from './applied-rules.ts'
import type { Profile } from './profile.ts'
import type { Subject } from './subject.ts'

const TYPE_OF_ACCESS_TOKENS = /^(?:application\/)?(?:at\+)?jwt$/i

/** A verified token, and the client that it names. */
type ClassifiedToken = TokenFacts & ClientIdentity

/** Whoever is named in a token, whatever they are. */
interface Parties {
  readonly id?: string
  readonly clientId?: string
  readonly actor?: Actor
}

/**
 * Says who an access token speaks for, and on what evidence. Pure, and it never throws, whatever stands
 * in the claims.
 *
 * The claims have to be verified already: nothing here checks a signature, an issuer or a time. The
 * context has to come from configuration (its `header` from the same verified token), because a profile
 * that an attacker can choose proves what the attacker likes.
 *
 * @example
 * const claims = { sub: 'cron@clients', azp: 'cron', gty: 'client-credentials' }
 * classifySubject(claims, { provider: 'auth0' }) // { kind: 'machine', id: 'cron', ... }
 */
export function classifySubject(
  claims: Readonly<Record<string, unknown>>,
  context: SubjectContext = {},
): Subject {
  if (!isRecord(claims)) return unknown({}, [], 'malformed')
  const { form = 'jwt', header } = context
  const named = clientIdClaims(context, form)
  const token: ClassifiedToken = {
    claims,
    form,
    header: isRecord(header) ? header : {},
    clientIdNames: claimNames(named),
    ...clientIdentity(claims, named),
  }
  return toSubject(token, context)
}

/** The same where the client of the token is known already. */
export function toSubject(token: ClassifiedToken, statements: SubjectStatements): Subject {
  const { claims, clientId, contradicted, clientIdNames } = token
  const profile = profileIn(statements)
  const sub = own(claims, 'sub')
  const isActRead = profile?.actWhen === undefined || hold(profile.actWhen, claims, token)
  const act = isActRead ? readActor(claims) : undefined
  const isText = typeof sub === 'string' && sub !== ''
  const parties: Parties = {
    ...(isText && { id: sub }),
    ...(clientId !== undefined && { clientId }),
    ...(typeof act === 'object' && { actor: act }),
  }

  if (act === 'malformed') return unknown(parties, ['act'], 'malformed')
  if (!isText && !isAbsent(sub)) return unknown(parties, ['sub'], 'malformed')
  const foreign = findOtherTokenMark(token, profile)
  if (foreign !== undefined) return unknown(parties, [foreign], 'another_kind_of_token')
  if (contradicted) return unknown(parties, clientIdNames, 'conflict')
  const applied = applyAll(token, statements, profile)
  return weigh(applied, token, withActor(parties, token, profile), profile)
}

/** The name of what shows that this is no access token, though verification should have seen it. */
function findOtherTokenMark(
  { claims, form, header }: ClassifiedToken,
  profile: Profile | undefined,
): string | undefined {
  if (form !== 'jwt') return undefined
  const typ = own(header, 'typ')
  if (typ !== undefined && !(typeof typ === 'string' && TYPE_OF_ACCESS_TOKENS.test(typ))) {
    return 'header.typ'
  }
  const use = profile?.tokenUse
  if (use === undefined || use.value === undefined) return undefined
  return own(claims, use.claim) === use.value ? undefined : use.claim
}

/**
 * Returns the rules that count. Conventions decide only where nothing is said about the issuer; beside a statement of the
 * operator they count too, because they can contradict it.
 */
function applyAll(
  token: ClassifiedToken,
  statements: SubjectStatements,
  profile: Profile | undefined,
): readonly AppliedRule[] {
  const { provider, machineSubject, machineClients } = statements
  const rules = applyRules(profile?.rules ?? CONVENTIONS, token)
  const stated = applyStatements(token, statements)
  if (stated.length > 0) return [...stated, ...rules]
  const isUnstated =
    provider === undefined && machineSubject === undefined && machineClients === undefined
  return isUnstated ? rules : rules.filter(({ level }) => level !== 'convention')
}

/** One kind, if all that speaks agrees on it and the subject has an id of that kind. */
function weigh(
  applied: readonly AppliedRule[],
  { claims, clientId }: ClassifiedToken,
  parties: Parties,
  profile: Profile | undefined,
): Subject {
  const kind = applied[0]?.kind
  const refuse = (reason: UnknownReason, looked = listClaims(applied)) =>
    unknown(parties, looked, reason, listRules(applied))
  if (kind === undefined) return refuse('no_evidence')
  if (applied.some((rule) => rule.kind === 'agent_account')) return refuse('agent_account')
  // A client that was given the name of a user must not become that user (RFC 9700 section 4.15).
  const isClient = clientId !== undefined && parties.id === clientId
  const agreed = applied.every((rule) => rule.kind === kind)
  if (!agreed || (kind === 'user' && isClient)) return refuse('conflict')

  const level = LEVELS.find((each) => applied.some((rule) => rule.level === each))!
  // A convention says nothing beside something better.
  const deciding =
    level === 'convention' ? applied : applied.filter((rule) => rule.level !== 'convention')
  const idClaim =
    deciding.find(({ userIdClaim }) => userIdClaim !== undefined)?.userIdClaim ??
    profile?.userIdClaim
  const id = kind === 'machine' ? (clientId ?? parties.id) : own(claims, idClaim ?? 'sub')
  if (isAbsent(id)) return refuse('no_id', [idClaim ?? 'sub'])
  if (typeof id !== 'string') return refuse('malformed', [idClaim ?? 'sub'])
  return Object.freeze({
    kind: kind as 'machine' | 'user',
    ...parties,
    id,
    evidence: toEvidence(deciding, level),
  })
}

/** A single rule decides about most tokens, and applied rules are constants. */
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

/** The client acts for the subject, where the provider says so in another claim than `act`. */
function withActor(
  parties: Parties,
  token: ClassifiedToken,
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
  looked: readonly string[],
  reason: UnknownReason,
  rules: readonly string[] = [],
): Subject {
  return Object.freeze({
    kind: 'unknown',
    ...parties,
    evidence: evidence('none', rules, looked, reason),
  })
}
