/**
 * Of servers where people, or an application that logs them in, choose the `sub`: a person may be called what
 * a client is called, and then the two tokens are the same. Only the operator can know that none is.
 */
export const CHOSEN_SUBJECTS = {
  subjectsAreChosen: true,
  advice:
    "If no user's sub can be a client id here (give them different forms), set machineSubject: 'client_id'; else name the machines in machineClients.",
} as const
