-- AlterTable
ALTER TABLE "Peering" ADD COLUMN "passwordSealed" TEXT;
ALTER TABLE "Peering" ADD COLUMN "ttlSecurity" BOOLEAN;
