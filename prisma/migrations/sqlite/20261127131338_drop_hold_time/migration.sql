-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_Peering" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "node" TEXT NOT NULL,
    "asn" BIGINT NOT NULL,
    "name" TEXT NOT NULL,
    "administrative" TEXT NOT NULL,
    "administrativeReason" TEXT,
    "tunnel" TEXT NOT NULL,
    "publicKey" TEXT NOT NULL,
    "keyClaim" TEXT,
    "presharedKeySealed" TEXT,
    "passwordSealed" TEXT,
    "ttlSecurity" BOOLEAN,
    "endpoint" TEXT,
    "underlay" TEXT NOT NULL,
    "keepalive" INTEGER NOT NULL,
    "linkLocal" TEXT NOT NULL,
    "ourLinkLocal" TEXT,
    "addressIpv4" TEXT,
    "addressIpv6" TEXT,
    "sessions" TEXT NOT NULL,
    "families" TEXT NOT NULL,
    "extendedNextHop" BOOLEAN NOT NULL,
    "policy" TEXT NOT NULL,
    "importLimit" INTEGER NOT NULL,
    "rateLimit" INTEGER,
    "mtu" INTEGER NOT NULL,
    "listenPort" INTEGER,
    "obfuscation" TEXT,
    "optionsSealed" TEXT,
    "contact" TEXT,
    "remark" TEXT,
    "revision" INTEGER NOT NULL,
    "operation" TEXT NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL,
    "firstHandshakeAt" DATETIME,
    "deletedAt" DATETIME
);
INSERT INTO "new_Peering" ("addressIpv4", "addressIpv6", "administrative", "administrativeReason", "asn", "contact", "createdAt", "createdBy", "deletedAt", "endpoint", "extendedNextHop", "families", "firstHandshakeAt", "id", "importLimit", "keepalive", "keyClaim", "linkLocal", "listenPort", "mtu", "name", "node", "obfuscation", "operation", "optionsSealed", "ourLinkLocal", "passwordSealed", "policy", "presharedKeySealed", "publicKey", "rateLimit", "remark", "revision", "sessions", "ttlSecurity", "tunnel", "underlay", "updatedAt") SELECT "addressIpv4", "addressIpv6", "administrative", "administrativeReason", "asn", "contact", "createdAt", "createdBy", "deletedAt", "endpoint", "extendedNextHop", "families", "firstHandshakeAt", "id", "importLimit", "keepalive", "keyClaim", "linkLocal", "listenPort", "mtu", "name", "node", "obfuscation", "operation", "optionsSealed", "ourLinkLocal", "passwordSealed", "policy", "presharedKeySealed", "publicKey", "rateLimit", "remark", "revision", "sessions", "ttlSecurity", "tunnel", "underlay", "updatedAt" FROM "Peering";
DROP TABLE "Peering";
ALTER TABLE "new_Peering" RENAME TO "Peering";
CREATE UNIQUE INDEX "Peering_keyClaim_key" ON "Peering"("keyClaim");
CREATE INDEX "Peering_node_deletedAt_idx" ON "Peering"("node", "deletedAt");
CREATE INDEX "Peering_asn_deletedAt_idx" ON "Peering"("asn", "deletedAt");
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;
