import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/** `user_email` is that of the person who pushed, and the same issuer signs tokens of users too. */
export const gitlabCi: Profile = {
  source: 'GitLab documentation: ID tokens of CI jobs',
  readOn: '2026-11',
  isPublic: true,
  clientIdClaims: [],
  scopeSources: SCOPE_STRING,
  tokenUse: { claim: 'job_id' },
  rules: [
    {
      id: 'gitlab-ci.job',
      kind: 'machine',
      level: 'structural',
      when: { sub: { matches: /^project_path:/ }, project_id: 'present', job_id: 'present' },
    },
  ],
  advice: 'Only ID tokens of jobs are understood.',
}
