/** One requirement of a standard for a resource server, and how Bearward meets it. */
export interface Line {
  readonly id: string
  /** The document and section. */
  readonly source: string
  readonly title: string
  readonly standing: 'tested' | 'deviation' | 'excluded'
  /** Reason why Bearward deviates from the line, or why the line does not apply. */
  readonly reason?: string
}

/** Creates a line that is met completely. At least one test cites it. */
export function tested(id: string, source: string, title: string): Line {
  return { id, source, title, standing: 'tested' }
}

/** Creates a line that is met in part, or in another way. Tests that cite it check what Bearward does instead. */
export function deviation(id: string, source: string, title: string, reason: string): Line {
  return { id, source, title, standing: 'deviation', reason }
}

/** Creates a line that does not apply. No test may cite it. */
export function excluded(id: string, source: string, title: string, reason: string): Line {
  return { id, source, title, standing: 'excluded', reason }
}
