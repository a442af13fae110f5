import { profileIn, type SubjectStatements } from './context.ts'
import type { WhyUnknown } from './evidence.ts'

/** What to configure where a guard refuses somebody because nobody knows what they are. Fixed texts. */
const ADVICE: Readonly<Record<Exclude<WhyUnknown, 'no_evidence'>, string>> = {
  conflict:
    'What the token says contradicts itself, or what is configured: see which rules and claims, and whether something adds claims to the tokens of this issuer.',
  malformed: 'A claim is not what it has to be: see what writes it at the authorization server.',
  no_id:
    'The claim that identifies the subject is missing: see what leaves it out at the authorization server.',
  another_kind_of_token: 'The caller sends another token than an access token.',
  agent_account:
    'This is the user account of an agent, which is nobody: let it call as the agent itself, or name its client in clients and ask for no subject.',
}

const NOTHING_KNOWN =
  "Name the provider of this issuer (provider: 'auth0', ...), say what a machine's sub is (machineSubject), or name the machines in machineClients."

/** What to configure, given why a subject of this issuer is unknown. */
export function adviceFor(why: WhyUnknown, statements: SubjectStatements): string {
  if (why !== 'no_evidence') return ADVICE[why]
  return profileIn(statements)?.advice ?? NOTHING_KNOWN
}
