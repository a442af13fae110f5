import type {
  AuthorizationServerOptions,
  ConfidentialClient,
} from '@bearward/example-authorization-server'

/** The identifier of the inventory: the audience that it asks its tokens for. */
export const INVENTORY = 'https://inventory.example.com'

const secret = 'for-demonstration-only'

/** The orders service. */
export const ORDERS: ConfidentialClient = { kind: 'confidential', id: 'orders', secret }

/** The nightly job beside it. It may only look. */
export const RESTOCK: ConfidentialClient = {
  kind: 'confidential',
  id: 'orders-restock',
  secret,
  scopes: ['read:stock'],
}

/** The command-line tool of the people in the warehouse. */
export const STOCK: ConfidentialClient = { ...RESTOCK, id: 'stock-cli' }

export const AUTHORIZATION_SERVER: AuthorizationServerOptions = {
  resources: [{ identifier: INVENTORY, scopes: ['read:stock', 'reserve:stock'] }],
  clients: [ORDERS, RESTOCK, STOCK],
}
