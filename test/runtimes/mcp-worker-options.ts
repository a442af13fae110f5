export const ISSUER = 'https://as.example.com'
export const RESOURCE = 'https://notes.example.com/mcp'
