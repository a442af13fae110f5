import { getRequestId } from '../model/request-like.ts'
import type { IssuerSettings } from '../model/settings.ts'
import { Rejection } from '../response/rejection.ts'
import { adviceFor, adviceOnKind } from '../subject/advice.ts'
import { claimNames } from '../subject/client-id.ts'
import { canTell, clientIdClaims } from '../subject/context.ts'
import type { TokenForm } from '../subject/profile.ts'
import { showClientId } from '../subject/personal-claims.ts'
import {
  type AuthorizationExchange,
  type CheckedRequirement,
  type RequirementContext,
} from './requirement.ts'

export interface SubjectRequirement {
  /** The kind that the subject must have. `unknown` is neither. */
  readonly subject?: 'machine' | 'user'
}

/** Reports issuers whose tokens can never show the kind: such a guard could only refuse. */
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
    const silent = listForms(settings).filter((form) => !canTell(subject, subjects, form))
    if (silent.length === 0) continue
    problems.add(`subject: ${adviceOnKind(subject, subjects, silent, issuer)}`)
  }
  return requireKind(subject)
}

function requireKind(required: 'machine' | 'user'): CheckedRequirement {
  return {
    check(exchange) {
      const { kind } = exchange.verified.token.subject
      if (kind === required) return undefined
      const advice = kind === 'unknown' ? publishUnknown(exchange) : undefined
      const explanation = { check: 'subject', expected: required, found: describeKind(exchange) }
      return new Rejection('wrong_subject', explanation, { advice })
    },
  }
}

/** The kind, and where it is unknown, the reason and the rules: names only, and nothing of the token. */
function describeKind({ verified }: AuthorizationExchange): string {
  const { kind, evidence } = verified.token.subject
  if (evidence.reason === undefined) return kind
  return `${kind} (${[evidence.reason, ...evidence.rules].join(', ')})`
}

/** The forms in which tokens of an issuer come. */
function listForms({ tokenFormat }: IssuerSettings): readonly TokenForm[] {
  if (tokenFormat === 'any') return ['jwt', 'introspection']
  return [tokenFormat === 'jwt' ? 'jwt' : 'introspection']
}

/** Publishes why the kind is unknown. Returns the advice. */
function publishUnknown({
  verified,
  raw,
  request,
  services,
}: AuthorizationExchange): string | undefined {
  const { issuer, subject, clientId, verifiedBy } = verified.token
  const { reason, rules, claims } = subject.evidence
  if (reason === undefined) return undefined
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
