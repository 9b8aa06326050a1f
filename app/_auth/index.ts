/**
 * Logins, actors, permissions and the edges of a request.
 *
 * @module
 */
export {
  type Actor,
  type AssuranceLevel,
  levelOfActor,
  nameOfActor,
} from './actor.ts';
export { type Context, newId, newOperation, ruleContext } from './context.ts';
export {
  expiredCookie,
  formatCookie,
  hashOfSecret,
  makeCookie,
  newCookieValue,
  readCookie,
} from './cookies.ts';
export { openStreamSlot, openStreams, takeFromLimit } from './limits.ts';
export {
  chooseNetwork,
  createLogin,
  findLogin,
  isLoginValid,
  LOGIN_CHECK_MS,
  revokeLogin,
} from './logins.ts';
export { checkSameOrigin, hostName, isAllowedHost } from './origins.ts';
export { hashPassword, isPasswordOf } from './password.ts';
export {
  canApprovePeering,
  canCapturePeering,
  canDeletePeering,
  canDisablePeering,
  canEditPeering,
  canEnablePeering,
  canRequestPeering,
  canRestartPeering,
  canRunNode,
  canSeeContacts,
  canSeeOperations,
  canSeePeering,
  canSetMesh,
  DISABLED_BY_OPERATOR,
  DISABLED_BY_PEER,
} from './permissions.ts';
export {
  endpointNames,
  getPageContext,
  getRequestContext,
  hasBearerToken,
  hasUnknownToken,
  isSecureRequest,
  portalName,
} from './request.ts';
export { createSetupLink, isSetupLinkOpen, spendSetupLink } from './setup-link.ts';
