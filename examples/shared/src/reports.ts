import type { Subject } from '@bearward/core'

export interface Report {
  readonly title: string
  /** Subject id of the user who owns the report. */
  readonly owner: string
}

const REPORTS: readonly Report[] = [
  { title: 'Sales of the north', owner: 'user-ada' },
  { title: 'Sales of the south', owner: 'user-ben' },
  { title: 'Returns', owner: 'user-ada' },
]

/** Returns the reports that a subject may read: all for a machine, their own for a user, and none for an unknown subject. */
export function reportsFor(subject: Subject): readonly Report[] {
  switch (subject.kind) {
    case 'machine':
      return REPORTS
    case 'user':
      return REPORTS.filter((report) => report.owner === subject.id)
    case 'unknown':
      return []
  }
}
