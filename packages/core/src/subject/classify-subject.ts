import type { JsonObject } from '../encoding/json.ts'
import { isRecord } from '../problems.ts'
import { type Actor, actorOf } from './actor.ts'
import { clientIdentity } from './client-id.ts'
import { type Facts, hold, isAbsent, own } from './conditions.ts'
import { clientIdClaims, profileIn, type SubjectContext } from './context.ts'
import { CONVENTIONS } from './conventions.ts'
import { evidence, type Level, LEVELS, type WhyUnknown } from './evidence.ts'
import { type Finding, findings, statementOf } from './finding.ts'
import type { Profile } from './profile.ts'
import type { Subject } from './subject.ts'

const TYPE_OF_ACCESS_TOKENS = /^(?:application\/)?(?:at\+)?jwt$/i

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
  const profile = profileIn(context)
  const named = clientIdClaims(context, context.form)
  const { clientId, contradicted } = clientIdentity(claims, named)
  const sub = own(claims, 'sub')
  const act = actorOf(claims)
  const isText = typeof sub === 'string' && sub !== ''
  const parties: Parties = {
    ...(isText && { id: sub }),
    ...(clientId !== undefined && { clientId }),
    ...(typeof act === 'object' && { actor: act }),
  }

  if (act === 'malformed') return unknown(parties, ['act'], 'malformed')
  if (!isText && !isAbsent(sub)) return unknown(parties, ['sub'], 'malformed')
  const foreign = signOfAnotherToken(claims, context, profile)
  if (foreign !== undefined) return unknown(parties, [foreign], 'another_kind_of_token')
  if (contradicted) return unknown(parties, named, 'conflict')
  const facts = { claims, clientId }
  return weigh(
    whatSpeaks(facts, context, profile),
    facts,
    withActor(parties, facts, profile),
    profile,
  )
}

/** The name of what shows that this is no access token, though verification should have seen it. */
function signOfAnotherToken(
  claims: JsonObject,
  { header, form = 'jwt' }: SubjectContext,
  profile: Profile | undefined,
): string | undefined {
  const typ = isRecord(header) ? own(header, 'typ') : undefined
  if (form === 'jwt' && typ !== undefined) {
    if (typeof typ !== 'string' || !TYPE_OF_ACCESS_TOKENS.test(typ)) return 'header.typ'
  }
  const { name, value } = profile?.tokenKind ?? {}
  if (form !== 'jwt' || name === undefined || value === undefined) return undefined
  return own(claims, name) === value ? undefined : name
}

/**
 * What counts. Conventions decide only where nothing is said about the issuer; beside a statement of the
 * operator they count too, because they can contradict it.
 */
function whatSpeaks(
  facts: Facts,
  context: SubjectContext,
  profile: Profile | undefined,
): readonly Finding[] {
  const { form = 'jwt', header, machineSubject, machineClients } = context
  const parameters = isRecord(header) ? header : {}
  const held = findings(profile?.rules ?? CONVENTIONS, form, parameters, facts)
  const statement = statementOf(facts, context)
  if (statement !== undefined) return [statement, ...held]
  const nothingIsSaid =
    context.provider === undefined && machineSubject === undefined && machineClients === undefined
  return nothingIsSaid ? held : held.filter(({ level }) => level !== 'convention')
}

/** One kind, if all that speaks agrees on it and the subject has an id of that kind. */
function weigh(
  speaking: readonly Finding[],
  { claims, clientId }: Facts,
  parties: Parties,
  profile: Profile | undefined,
): Subject {
  const [kind, ...otherKinds] = new Set(speaking.map((finding) => finding.kind))
  const refuse = (why: WhyUnknown, looked = claimsOf(speaking)) =>
    unknown(parties, looked, why, rulesOf(speaking))
  if (kind === undefined) return refuse('no_evidence')
  if (speaking.some((finding) => finding.kind === 'agent_account')) return refuse('agent_account')
  // A client that was given the name of a user must not become that user (RFC 9700 section 4.15).
  const isClient = clientId !== undefined && parties.id === clientId
  if (otherKinds.length > 0 || (kind === 'user' && isClient)) return refuse('conflict')

  const level = LEVELS.find((each) => speaking.some((finding) => finding.level === each))!
  const deciding = speaking.filter((finding) => [level, ...CONCLUSIVE].includes(finding.level))
  const idClaim = deciding.find(({ userId }) => userId !== undefined)?.userId ?? profile?.userId
  const id = kind === 'machine' ? (clientId ?? parties.id) : own(claims, idClaim ?? 'sub')
  if (isAbsent(id)) return refuse('no_id', [idClaim ?? 'sub'])
  if (typeof id !== 'string') return refuse('malformed', [idClaim ?? 'sub'])
  return Object.freeze({
    kind: kind as 'machine' | 'user',
    ...parties,
    id,
    evidence: evidence(level, rulesOf(deciding), claimsOf(deciding)),
  })
}

/** Levels that say something beside a better one. */
const CONCLUSIVE: readonly Level[] = LEVELS.filter((level) => level !== 'convention')

function rulesOf(found: readonly Finding[]): readonly string[] {
  return found.map(({ id }) => id)
}

function claimsOf(found: readonly Finding[]): readonly string[] {
  return found.flatMap(({ claims }) => claims)
}

/** The client acts for the subject, where the provider says so in another claim than `act`. */
function withActor(parties: Parties, facts: Facts, profile: Profile | undefined): Parties {
  const { clientId } = facts
  const { clientActs } = profile ?? {}
  if (parties.actor !== undefined || clientId === undefined || clientActs === undefined) {
    return parties
  }
  if (!hold(clientActs, facts.claims, facts)) return parties
  return { ...parties, actor: Object.freeze({ id: clientId, clientId }) }
}

function unknown(
  parties: Parties,
  looked: readonly string[],
  why: WhyUnknown,
  rules: readonly string[] = [],
): Subject {
  return Object.freeze({
    kind: 'unknown',
    ...parties,
    evidence: evidence('none', rules, looked, why),
  })
}
