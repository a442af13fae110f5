import { fileURLToPath } from 'node:url'
import type { ConfidentialClient, PublicClient, User } from './options.ts'

export interface MachineTokenRequest {
  /** Name of the shell variable that receives the token. */
  readonly variable: string
  readonly tokenEndpoint: string
  readonly client: ConfidentialClient
  readonly resource: string
  readonly scope: string
}

export interface UserTokenRequest {
  /** Name of the shell variable that receives the token. */
  readonly variable: string
  readonly issuer: string
  readonly client: PublicClient
  readonly user: User
  readonly resource: string
  readonly scope: string
}

/** Returns a shell command that requests a machine's token with curl (client credentials grant). */
export function machineTokenCommand(request: MachineTokenRequest): string {
  const { variable, tokenEndpoint, client, resource, scope } = request
  return `  ${variable}=$(curl -s ${tokenEndpoint} -u ${client.id}:${client.secret} \\
    -d grant_type=client_credentials -d resource=${resource} \\
    -d scope='${scope}' | node -pe 'JSON.parse(fs.readFileSync(0)).access_token')`
}

/** Returns a shell command that signs a user in and requests their token (authorization code grant with PKCE). */
export function userTokenCommand(request: UserTokenRequest): string {
  const { variable, issuer, client, user, resource, scope } = request
  const program = fileURLToPath(new URL('./get-user-token.js', import.meta.url))
  return `  ${variable}=$(node '${program}' \\
    --issuer ${issuer} --client ${client.id} --user ${user.id} \\
    --resource ${resource} --scope '${scope}')`
}
