/** The bindings of the Workers in docs/cloudflare-workers.md, as `wrangler types` generates them. */
declare namespace Cloudflare {
  interface Env {
    readonly ISSUER: string
    readonly AUDIENCE: string
    readonly AUDIT_LOG: string
  }
}
interface Env extends Cloudflare.Env {}
