-- AlterTable
ALTER TABLE "Peering" ADD COLUMN     "passwordSealed" TEXT,
ADD COLUMN     "ttlSecurity" BOOLEAN;
