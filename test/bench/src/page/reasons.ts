/**
 * Reasons for missed targets, written by hand. Review them after every run, beside the section "CPU profile".
 * A reason is shown for missed targets only.
 */
export const REASONS: readonly { readonly targets: readonly string[]; readonly why: string }[] = [
  {
    targets: ['new tokens'],
    why: `in addition to the signature, Bearward checks that base64url is canonical and that no JSON object has a duplicate
  member. It also freezes the claims, and classifies the token and its subject. See the section "CPU profile" for the
  shares.`,
  },
  {
    targets: ['cached tokens'],
    why: `the cache does not store tokens, so a token that is sent again has to be hashed. The section "CPU profile" shows
  the cost of the hash and of the remaining steps.`,
  },
]

/** Lists the reasons for the missed targets. Targets without a reason are listed as "not explained yet". */
export function listReasons(missed: readonly string[]): string {
  const lines = REASONS.flatMap(({ targets, why }) => {
    const applying = targets.filter((name) => missed.includes(name))
    return applying.length > 0 ? [toListItem(applying, why)] : []
  })
  const known = new Set(REASONS.flatMap(({ targets }) => targets))
  const unknown = missed.filter((name) => !known.has(name))
  if (unknown.length > 0) lines.push(toListItem(unknown, 'not explained yet.'))
  return ['Reasons for missed targets:\n', ...lines].join('\n')
}

function toListItem(names: readonly string[], why: string): string {
  return `- ${names.map((name) => `**${name}**`).join(', ')}: ${why}`
}
