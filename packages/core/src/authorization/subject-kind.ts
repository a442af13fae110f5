import { getRequestId } from '../model/request-like.ts'
import type { IssuerSettings } from '../model/settings.ts'
import { Rejection } from '../response/rejection.ts'
import { adviceFor, adviceOnKind } from '../subject/advice.ts'
import { claimNames } from '../subject/client-id.ts'
import { canDetermine, clientIdClaims } from '../subject/context.ts'
import type { TokenForm } from '../subject/profile.ts'
import { showClientId } from '../subject/personal-claims.ts'
import {
  type AuthorizationExchange,
  type CheckedRequirement,
  type RequirementContext,
} from './requirement.ts'

export interface SubjectRequirement {
  /** The required subject kind. A subject of kind `unknown` is always refused. */
  readonly subject?: 'machine' | 'user'
}

/**
 * Reads `subject`. Reports an issuer if its rules cannot determine this kind for one of the forms of its tokens. Rules of the level
 * `convention` do not count.
 */
export function readSubject(
  subject: unknown,
  { allowed, problems }: RequirementContext,
): CheckedRequirement | undefined {
  if (subject === undefined) return undefined
  if (subject !== 'machine' && subject !== 'user') {
    problems.add("subject must be 'machine' or 'user'.")
    return undefined
  }
  for (const settings of allowed) {
    const { issuer, subjects } = settings
    const unsupported = listForms(settings).filter((form) => !canDetermine(subject, subjects, form))
    if (unsupported.length === 0) continue
    problems.add(`subject: ${adviceOnKind(subject, subjects, unsupported, issuer)}`)
  }
  return requireKind(subject)
}

function requireKind(required: 'machine' | 'user'): CheckedRequirement {
  return {
    check(exchange) {
      const { kind } = exchange.verified.token.subject
      if (kind === required) return checkEvidence(required, exchange)
      const advice = kind === 'unknown' ? publishUnknown(exchange) : undefined
      const explanation = { check: 'subject', expected: required, found: describeKind(exchange) }
      return new Rejection('wrong_subject', explanation, { advice })
    },
  }
}

/**
 * Rejects a kind that follows only from conventions, which can be wrong. For a static issuer, this problem is already reported when
 * the guard is created.
 */
function checkEvidence(
  required: 'machine' | 'user',
  { verified: { token, issuer } }: AuthorizationExchange,
): Rejection | undefined {
  const { subjects } = issuer.settings
  const { verifiedBy } = token
  if (issuer.dynamic === undefined || verifiedBy === 'api_key') return undefined
  if (canDetermine(required, subjects, verifiedBy)) return undefined
  const found = `${required} by convention only`
  const advice = adviceOnKind(required, subjects, [verifiedBy], token.issuer)
  return new Rejection(
    'wrong_subject',
    { check: 'subject', expected: required, found },
    { advice: `In the options that resolve returns: ${advice}` },
  )
}

/** Describes the kind. If the kind is unknown, adds the reason and the names of the rules, but no content of the token. */
function describeKind({ verified }: AuthorizationExchange): string {
  const { kind, evidence } = verified.token.subject
  if (evidence.reason === undefined) return kind
  return `${kind} (${[evidence.reason, ...evidence.rules].join(', ')})`
}

function listForms({ tokenFormat }: IssuerSettings): readonly TokenForm[] {
  if (tokenFormat === 'any') return ['jwt', 'introspection']
  return [tokenFormat === 'jwt' ? 'jwt' : 'introspection']
}

/** Publishes the event `subject_unknown`. Returns its advice. */
function publishUnknown({
  verified,
  raw,
  request,
  services,
}: AuthorizationExchange): string | undefined {
  const { issuer, subject, clientId, verifiedBy } = verified.token
  const { reason, rules, claims } = subject.evidence
  // The application itself has described the owner of an API key.
  if (reason === undefined || verifiedBy === 'api_key') return undefined
  const { subjects } = verified.issuer.settings
  const unnamed = clientId === undefined ? claimNames(clientIdClaims(subjects, verifiedBy)) : []
  const advice = adviceFor(reason, subjects, unnamed)
  const describe = () => ({
    issuer,
    reason,
    rules,
    claims,
    advice,
    clientId: showClientId(clientId, verified.issuer.settings),
    requestId: getRequestId(request),
  })
  services.publish('subject_unknown', describe, raw)
  return advice
}
