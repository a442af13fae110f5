import type { Profile } from '../profile.ts'

/** Platforms that give tokens to what runs on them. The subject is the workload; it has no client. */
const readOn = '2026-11'
const scopes = [{ claim: 'scope', format: 'string' }] as const

export const kubernetes: Profile = {
  source: 'Kubernetes documentation: projected service account tokens',
  readOn,
  clientId: [],
  scopes,
  tokenKind: { name: 'kubernetes.io' },
  rules: [
    {
      id: 'kubernetes.service_account',
      kind: 'machine',
      level: 'structural',
      when: {
        sub: { matches: /^system:serviceaccount:[^:]+:[^:]+$/ },
        'kubernetes.io': 'present',
        exp: 'present',
        aud: 'present',
      },
    },
  ],
  advice: 'Only projected service account tokens are understood.',
}

/** `actor` names a person who is not the subject. */
export const githubActions: Profile = {
  source: 'GitHub documentation: OpenID Connect reference',
  readOn,
  issuers: /^https:\/\/token\.actions\.githubusercontent\.com$/,
  clientId: [],
  scopes,
  tokenKind: { name: 'repository_id' },
  rules: [
    {
      id: 'github-actions.run',
      kind: 'machine',
      level: 'structural',
      when: {
        iss: { is: 'https://token.actions.githubusercontent.com' },
        repository_id: 'present',
        run_id: 'present',
      },
    },
  ],
  advice: 'Only tokens of workflow runs are understood.',
}

/** `user_email` is that of the person who pushed, and the same issuer signs tokens of users too. */
export const gitlabCi: Profile = {
  source: 'GitLab documentation: ID tokens of CI jobs',
  readOn,
  clientId: [],
  scopes,
  tokenKind: { name: 'job_id' },
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
