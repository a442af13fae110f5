import type { Profile } from '../profile.ts'

/** Azure AD B2C: `scp` stands in machines' tokens too, and nothing tells them from users. */
export const b2c: Profile = {
  source: 'Microsoft documentation: client credentials flow in Azure AD B2C',
  readOn: '2026-11',
  issuerPattern: /^https:\/\/[\w-]+\.b2clogin\.com\/[\w.-]+\/v2\.0\/$/,
  clientIdClaims: ['azp', 'appid'],
  scopeSources: [{ claim: 'scp', format: 'string' }],
  rules: [],
  advice: 'Its tokens do not say it: name the machines in machineClients.',
}
